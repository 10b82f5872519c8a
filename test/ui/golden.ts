/** Reviewed screens, stored as text. */
import {existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {expect} from 'vitest';
import type {Canvas} from '../../ui/screen/canvas.ts';
import type {Style} from '../../ui/screen/styles.ts';

export const folder = fileURLToPath(new URL('golden', import.meta.url));

const isWriting = process.env['UPDATE_GOLDEN'] === '1';
if (isWriting && process.env['CI']) throw new Error('UPDATE_GOLDEN=1 writes what it should compare: never in CI');

/** One letter for each style, so that the styles of a screen have its layout. */
const LETTERS: Readonly<Record<Style, string>> = {
  plain: '.',
  dim: 'd',
  bold: 'B',
  title: 'T',
  heading: 'h',
  sorted: 'H',
  good: 'g',
  busy: 'b',
  warning: 'w',
  bad: 'r',
  name: 'n',
  selected: 'S',
  selectedIdle: 's',
  tagged: 't',
  match: 'm',
  key: 'k',
  bar: '=',
  barText: '-',
  border: '|',
  alarm: 'A',
};

function stylesOf(canvas: Canvas): string {
  const line = (y: number): string =>
    Array.from({length: canvas.width}, (_, x) => LETTERS[canvas.styleAt(x, y)])
      .join('')
      .replace(/\.+$/, '');
  return Array.from({length: canvas.height}, (_, y) => line(y)).join('\n');
}

/** Compares a screen with the stored one. `UPDATE_GOLDEN=1` stores it anew, for review. */
export function expectGolden(name: string, canvas: Canvas): void {
  const cursor = canvas.cursor === null ? 'hidden' : `at ${canvas.cursor.x}, ${canvas.cursor.y}`;
  const text = `${canvas.toString()}\n\n== styles, cursor ${cursor}\n${stylesOf(canvas)}\n`;
  const path = join(folder, `${name}.txt`);
  if (isWriting) {
    mkdirSync(folder, {recursive: true});
    writeFileSync(path, text);
    return;
  }
  expect(existsSync(path), `${name} was never looked at: UPDATE_GOLDEN=1 writes it`).toBe(true);
  expect(text, name).toBe(readFileSync(path, 'utf8'));
}

/** Returns the names of all stored screens. */
export const kept = (): string[] =>
  readdirSync(folder)
    .filter(name => name.endsWith('.txt'))
    .map(name => name.slice(0, -4));
