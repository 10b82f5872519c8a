/** A fleet and `brood top` for it, to which tests send keys. */
import {expect} from 'vitest';
import {TestFleet, until} from '../end-to-end/harness.ts';
import {Screen, type ScreenOptions} from './screen.ts';

/** The background of the selection in a terminal of 256 colours (ui/screen/styles.ts). */
const SELECTED = 25;

/** Records the signals that it gets in files named after them. */
const listener = `#!/bin/sh
trap 'echo $$ >> usr1' USR1
trap 'echo $$ >> alrm' ALRM
trap 'exit 0' TERM
echo "$BROOD_WORKER is at work, and writes a line that is far longer than a terminal of any usual width has columns: ${'x'.repeat(200)}END"
while :; do sleep 1000 & wait $!; done
`;

export const stageFleet = (): TestFleet =>
  new TestFleet(
    {
      fleet: 'stage',
      workers: {
        web: {run: ['./listener.sh'], instances: 2},
        db: {run: ['sleep', '1000']},
        // The shell execs a program that does not know of its child.
        zombies: {sh: 'sh -c "exit 42" & exec sleep 1000', stop: {timeout: '200ms'}},
        orphans: {sh: '(setsid sleep 2001 &); exec sleep 1000'},
        pipes: {sh: 'sleep 999 | sleep 998'},
      },
    },
    {'listener.sh': listener},
  );

export class Stage {
  readonly fleet: TestFleet;
  readonly screen: Screen;

  constructor(fleet: TestFleet, args: readonly string[] = [], options: ScreenOptions = {}) {
    this.fleet = fleet;
    this.screen = new Screen(fleet, ['--interval', '150ms', ...args], {columns: 120, rows: 36, ...options});
  }

  /** Returns to the first row of the fleet, without overlay, search, filter or tags. */
  async reset(): Promise<void> {
    this.screen.type('escape', 'escape', 'escape', 'escape', '1', 'home');
    await until('the fleet to be shown', () => this.view() === 'Fleet' && this.selected().startsWith('web/1'));
    await this.screen.seesNot(/[┌┐]/);
  }

  /** Returns the name of the current view. */
  view(): string {
    let text = '';
    for (let x = 0; x < this.screen.columns; x++)
      if (this.#isMarked(x, 0)) text += this.screen.cell(x, 0)?.getChars() || ' ';
    return text.trim().replace(/^\d /, '');
  }

  /** Returns the selected line of the list. */
  selected(): string {
    return this.screen.lines()[this.height()]?.trim() ?? '';
  }

  /** Returns its line number on the screen. */
  height(): number {
    return this.screen.lines().findIndex((_, y) => y > 0 && this.#isMarked(0, y));
  }

  async selects(what: RegExp): Promise<string> {
    return until(`${what} to be selected:\n${this.screen.text()}`, () => what.test(this.selected()) && this.selected());
  }

  /** Waits for an option to be selected in a dialog. */
  async offers(what: RegExp): Promise<string> {
    const offered = (): string | null => {
      for (const [y, line] of this.screen.lines().entries()) {
        const x = line.indexOf('│');
        if (x >= 0 && this.#isMarked(x + 1, y)) return line.slice(x + 1, line.lastIndexOf('│')).trim();
      }
      return null;
    };
    return until(`${what} to be offered`, () => {
      const text = offered();
      return text !== null && what.test(text) && text;
    });
  }

  /** Selects a row by its text, through the search. */
  async choose(text: string): Promise<void> {
    this.screen.type('home', '/', text, 'enter', 'escape');
    await this.selects(new RegExp(text.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&')));
  }

  /** Selects a running instance. Returns its pid, once the row shows it: the screen may be a refresh behind. */
  async chooseRunning(id: string): Promise<number> {
    await this.choose(id);
    const {pid} = await this.fleet.status(id, 'ready');
    await this.selects(new RegExp(`^${id} .* ${pid} `));
    return pid!;
  }

  async shows(view: string): Promise<void> {
    await until(`the view ${view}`, () => this.view() === view);
  }

  sees(what: RegExp): Promise<RegExpExecArray> {
    return this.screen.sees(what);
  }

  seesNot(what: RegExp): Promise<void> {
    return this.screen.seesNot(what);
  }

  type(...keys: readonly string[]): void {
    this.screen.type(...keys);
  }

  /** Returns the lines of the list, without titles and surroundings. */
  rows(): string[] {
    const lines = this.screen.lines();
    const titles = lines.findIndex(line => /WORKER|KIND|PROCESSES, AND|TIME /.test(line));
    return lines.slice(titles + 1, -1).filter(line => line.trim() !== '');
  }

  /** Returns the pid of an instance according to the supervisor. */
  pid(id: string): number {
    const {pid} = this.fleet.worker(id);
    expect(pid).not.toBeNull();
    return pid ?? 0;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.screen[Symbol.asyncDispose]();
  }

  #isMarked(x: number, y: number): boolean {
    const cell = this.screen.cell(x, y);
    return cell !== undefined && cell.isBgPalette() && cell.getBgColor() === SELECTED;
  }
}
