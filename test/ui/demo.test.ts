/** `make demo` in a terminal: the fleet under `brood top`, and no process of it afterwards. */
import {expect, test} from 'vitest';
import {TestFleet} from '../end-to-end/harness.ts';
import {using} from '../end-to-end/wrapped.ts';
import {Screen} from './screen.ts';

test('the demo in a terminal is brood top, and leaves no process when the user quits', async () => {
  // Only its folder and environment are used: they identify the processes of the demo, which are ended with it.
  await using(new TestFleet({fleet: 'unused', workers: {w: {run: ['sleep', '1']}}}), async fleet => {
    const env = {TMPDIR: fleet.folder, DEMO_PACE: '0'};
    await using(
      new Screen(fleet, [], {columns: 100, rows: 30, env, command: ['sh', 'fixtures/demo/run.sh']}),
      async screen => {
        await screen.sees(/1 Fleet .*\n.*fleet demo/, 40_000);
        await screen.sees(/forgetful\/1 .*ready/);
        await screen.sees(/zombies?: Z/);
        screen.type('q');
        expect(await screen.exited(40_000)).toBe(0);
        expect(screen.text()).toMatch(/none of the \d+ is left/);
        expect(screen.modes()).toEqual({alternate: false, cursor: true, mouse: 'none'});
        expect(fleet.tagged()).toEqual([]);
      },
    );
  });
});
