/** Unlimited output, or output without newlines, does not delay the response to keys. */
import {readdirSync} from 'node:fs';
import {expect, test} from 'vitest';
import {MOST_LINES} from '../../ui/data/log-lines.ts';
import {TestFleet, until} from '../end-to-end/harness.ts';
import {using} from '../end-to-end/wrapped.ts';
import {Screen} from './screen.ts';

/** Writes 5,000 lines per second. */
const FLOOD = `let n = 0;
setInterval(() => {
  let text = '';
  for (let i = 0; i < 500; i++) text += 'flood ' + ++n + ' .\\n';
  process.stdout.write(text);
}, 100);`;

/** The output of half a second. */
const BEHIND = 2_500;

const node = (script: string) => ({run: [process.execPath, '-e', script]});

/** Returns the last number written or shown. */
const lastIn = (text: string): number => Number([...text.matchAll(/flood (\d+) \./g)].at(-1)?.[1] ?? 0);

function written(fleet: TestFleet): number {
  const [name = ''] = readdirSync(fleet.home);
  return lastIn(fleet.read('home', name, 'logs', 'flood.1', 'out.log').slice(-1_000));
}

test('while 5,000 lines per second are written, keys get a response, following keeps up, and memory is limited', async () => {
  await using(
    new TestFleet({fleet: 'shop', workers: {flood: node(FLOOD), quiet: {run: ['sleep', '1000']}}}),
    async fleet => {
      fleet.up('--wait');
      await using(new Screen(fleet, [], {columns: 100}), async screen => {
        await screen.sees(/flood\/1 .*ready/);
        screen.type('5');
        await screen.sees(/all workers: \d+ lines, following/);
        // A reader slower than the worker would fall further and further behind.
        const keepsUp = (): Promise<boolean> =>
          until('the last lines to be shown', () => {
            const there = written(fleet);
            return there > 0 && there - lastIn(screen.text()) < BEHIND;
          });
        await keepsUp();
        const before = written(fleet);
        screen.type('up');
        await screen.sees(/NOT following/);
        const still = lastIn(screen.text());
        screen.type('?');
        await screen.sees(/Keys/);
        screen.type('escape');
        await screen.seesNot(/─ Keys ─/);
        await until('more to be written than fits on the screen', () => written(fleet) > before + 1_000);
        expect(lastIn(screen.text())).toBe(still);
        screen.type('f');
        await screen.sees(/lines, following/);
        await keepsUp();
        screen.type('2');
        await screen.sees(/PID .*COMMAND/);
        screen.type('1');
        await screen.sees(/quiet\/1 .*ready/);
        screen.type('5');
        await until('more lines than are kept', () => written(fleet) > 2 * MOST_LINES, 60_000);
        await keepsUp();
        const [, count] = await screen.sees(/all workers: (\d+) lines, following/);
        expect(Number(count)).toBeLessThanOrEqual(1.2 * MOST_LINES);
        screen.type('q');
        expect(await screen.exited()).toBe(0);
      });
    },
  );
});

test('a line of 100,000 characters, and a megabyte without a newline, are shown by their beginnings', async () => {
  const long = `process.stdout.write('a'.repeat(100000) + '\\nin between them\\n' + 'b'.repeat(1024 * 1024)); setInterval(() => {}, 1e6);`;
  await using(new TestFleet({fleet: 'shop', workers: {long: node(long)}}), async fleet => {
    fleet.up('--wait');
    await using(new Screen(fleet, [], {columns: 100, rows: 40}), async screen => {
      screen.type('5');
      await screen.sees(/a{60}… *\n.*in between them *\n.*b{60}…/);
      screen.type('W');
      await screen.sees(/b{90}\nb{90}|b{80}\n +b{80}/);
      screen.type('W', 'right');
      await screen.sees(/long\/1 en them *\n/);
      screen.type('1');
      await screen.sees(/long\/1 .*ready/);
      screen.type('q');
      expect(await screen.exited()).toBe(0);
    });
  });
});
