/** A fleet and `brood top` over it, on which keys are pressed one after another. */
import {expect} from 'vitest';
import {TestFleet, until} from '../end-to-end/harness.ts';
import {Screen, type ScreenOptions} from './screen.ts';

/** What a terminal of 256 colours is sent for what is selected (ui/screen/styles.ts). */
const SELECTED = 25;

/** Notes in a file of its name which signals it gets. */
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
        // The shell turns into a program that knows nothing of the child it had.
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

  /** To the first row of the fleet, with nothing open, searched, filtered or tagged. */
  async reset(): Promise<void> {
    this.screen.type('escape', 'escape', 'escape', 'escape', '1', 'home');
    await until('the fleet to be shown', () => this.view() === 'Fleet' && this.selected().startsWith('web/1'));
    await this.screen.seesNot(/[┌┐]/);
  }

  /** The view that is named as the one shown. */
  view(): string {
    let text = '';
    for (let x = 0; x < this.screen.columns; x++)
      if (this.#isMarked(x, 0)) text += this.screen.cell(x, 0)?.getChars() || ' ';
    return text.trim().replace(/^\d /, '');
  }

  /** The line of the list that is selected. */
  selected(): string {
    return this.screen.lines()[this.height()]?.trim() ?? '';
  }

  /** At which line of the screen it stands. */
  height(): number {
    return this.screen.lines().findIndex((_, y) => y > 0 && this.#isMarked(0, y));
  }

  async selects(what: RegExp): Promise<string> {
    return until(`${what} to be selected:\n${this.screen.text()}`, () => what.test(this.selected()) && this.selected());
  }

  /** What is selected in a dialog. */
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

  /** Selects a row by its text, as people do it. */
  async choose(text: string): Promise<void> {
    this.screen.type('home', '/', text, 'enter', 'escape');
    await this.selects(new RegExp(text.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&')));
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

  /** The lines of the list, without titles and what is around them. */
  rows(): string[] {
    const lines = this.screen.lines();
    const titles = lines.findIndex(line => /WORKER|KIND|PROCESSES, AND|TIME /.test(line));
    return lines.slice(titles + 1, -1).filter(line => line.trim() !== '');
  }

  /** The pid of an instance as the supervisor has it. */
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
