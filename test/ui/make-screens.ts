/** Writes docs/screens/*.svg from real runs of the demo's fleet: `make screens`. */
import {cpSync, mkdirSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {project, TestFleet, until} from '../end-to-end/harness.ts';
import {Screen} from './screen.ts';

const COLUMNS = 110;
const ROWS = 26;
const CELL = {width: 8.4, height: 18};
const TEXT = '#d0d0d0';
const GROUND = '#16181d';

/** The 16 colours of a terminal, then the cube and the greys of xterm's 256. */
const BASE =
  '000000 cd3131 0dbc79 e5e510 2472c8 bc3fbc 11a8cd e5e5e5 666666 f14c4c 23d18b f5f543 3b8eea d670d6 29b8db ffffff'.split(
    ' ',
  );
function hex(colour: number): string {
  const base = BASE[colour];
  if (base !== undefined) return `#${base}`;
  const two = (value: number): string => value.toString(16).padStart(2, '0');
  if (colour >= 232) return `#${two(8 + (colour - 232) * 10).repeat(3)}`;
  const step = (value: number): number => (value === 0 ? 0 : 55 + value * 40);
  const at = colour - 16;
  return `#${[Math.floor(at / 36), Math.floor(at / 6) % 6, at % 6].map(value => two(step(value))).join('')}`;
}

const escaped = (text: string): string => text.replace(/[&<>]/g, one => `&#${one.charCodeAt(0)};`);

/** Returns the screen as SVG, with one `text` per cell. */
function svg(screen: Screen): string {
  const grounds: string[] = [];
  const texts: string[] = [];
  for (let y = 0; y < ROWS; y++) {
    for (let x = 0; x < COLUMNS; x++) {
      const cell = screen.cell(x, y);
      const characters = cell?.getChars() ?? '';
      if (!cell || cell.getWidth() === 0) continue;
      const ground = cell.isBgDefault() ? null : hex(cell.getBgColor());
      const place = `x="${(x * CELL.width).toFixed(1)}"`;
      if (ground !== null)
        grounds.push(
          `<rect ${place} y="${y * CELL.height}" width="${CELL.width + 0.5}" height="${CELL.height}" fill="${ground}"/>`,
        );
      if (characters.trim() === '') continue;
      const fill = cell.isFgDefault() ? TEXT : hex(cell.getFgColor());
      const bold = cell.isBold() ? ' font-weight="bold"' : '';
      texts.push(`<text ${place} y="${y * CELL.height + 14}" fill="${fill}"${bold}>${escaped(characters)}</text>`);
    }
  }
  const size = `width="${COLUMNS * CELL.width}" height="${ROWS * CELL.height}"`;
  return `<svg xmlns="http://www.w3.org/2000/svg" ${size} font-family="DejaVu Sans Mono,Menlo,Consolas,monospace" font-size="14"><rect ${size} fill="${GROUND}"/>${grounds.join('')}${texts.join('')}</svg>\n`;
}

const fleet = new TestFleet('fleet: demo\nworkers: {w: {run: [sleep, "1"]}}\n');
try {
  cpSync(join(project, 'fixtures', 'demo'), fleet.folder, {recursive: true});
  fleet.write('{"type": "module"}', 'package.json');
  fleet.up('--wait');
  const folder = join(project, 'docs', 'screens');
  mkdirSync(folder, {recursive: true});
  const screen = new Screen(fleet, ['--interval', '500ms'], {columns: COLUMNS, rows: ROWS});
  try {
    /** Saves the screen once it no longer changes. */
    const save = async (name: string): Promise<void> => {
      let before = '';
      await until('the screen to stand still', () => {
        const now = svg(screen);
        const same = now === before;
        before = now;
        return same;
      });
      writeFileSync(join(folder, `${name}.svg`), svg(screen));
    };
    await screen.sees(/forgetful\/1 .*ready/);
    await screen.sees(/shaky\/1 .*exit code 3/, 60_000);
    await screen.sees(/zombies?: Z.*orphans?: O/, 60_000);
    await save('fleet');
    screen.type('2');
    await screen.sees(/COMMAND/);
    await save('tree');
    screen.type('1', '/', 'visitor', 'enter', 'i', 't');
    await screen.sees(/THEIR CHANNELS[^]*visitor\/1/);
    await save('ipc');
    screen.type('1', 'escape', 'k');
    await screen.sees(/Signal to visitor\/1/);
    await save('signal');
    screen.type('escape', 'q');
    await screen.exited();
  } finally {
    await screen[Symbol.asyncDispose]();
  }
} finally {
  await fleet[Symbol.asyncDispose]();
}
