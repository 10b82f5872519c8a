/** The terminal is taken and given back as it was, whatever it is and however it ends. */
import {expect, test} from 'vitest';
import {TestFleet} from '../end-to-end/harness.ts';
import {using} from '../end-to-end/wrapped.ts';
import {Screen} from './screen.ts';

const fleetOf = () =>
  new TestFleet({
    fleet: 'shop',
    workers: {alpha: {run: ['sleep', '1000']}, beta: {run: ['sleep', '1000'], instances: 2}},
  });

const AS_IT_WAS = {alternate: false, cursor: true, mouse: 'none'};

const sizes = [
  [80, 24, 'xterm-256color'],
  [200, 50, 'tmux-256color'],
  [60, 15, 'screen-256color'],
  [300, 100, 'alacritty'],
  [40, 8, 'xterm-256color'],
  [20, 4, 'xterm'],
  [10, 2, 'xterm'],
] as const;

test.each(sizes)(
  'at %i by %i on %s it shows what fits, and leaves the terminal as it was',
  async (columns, rows, term) => {
    await using(fleetOf(), async fleet => {
      fleet.up('--wait');
      await using(new Screen(fleet, [], {columns, rows, term}), async screen => {
        await screen.sees(rows > 4 ? /alpha/ : /brood/);
        expect(screen.modes()).toMatchObject({alternate: true, cursor: false});
        for (const line of screen.lines()) expect(line.length).toBeLessThanOrEqual(columns);
        screen.type('q');
        expect(await screen.exited()).toBe(0);
        expect(screen.modes()).toEqual(AS_IT_WAS);
        expect(screen.sent).not.toMatch(/Setulc|plab_norm|undefined|NaN/);
      });
    });
  },
);

test.each([
  ['SIGTERM', 143],
  ['SIGINT', 130],
  ['SIGHUP', 129],
  ['SIGQUIT', 131],
])('after %s the terminal is as it was', async (signal, code) => {
  await using(fleetOf(), async fleet => {
    fleet.up('--wait');
    await using(new Screen(fleet), async screen => {
      await screen.sees(/alpha/);
      screen.kill(signal);
      expect(await screen.exited()).toBe(code);
      expect(screen.modes()).toEqual(AS_IT_WAS);
    });
  });
});
