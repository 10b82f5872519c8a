import fc from 'fast-check';
import {expect, test} from 'vitest';
import type {Notice} from '../../src/link/runs.ts';
import {PacedNotices} from '../../src/keeper/notify/paced.ts';

/** Returns paced notices with a simulated clock. */
function pacedOf() {
  const said: {at: number; notice: Notice}[] = [];
  const changed: {at: number; pid: number}[] = [];
  let now = 0;
  let timer: {at: number; action: () => void} | null = null;
  const paced = new PacedNotices({
    emitNotice: notice => void said.push({at: now, notice}),
    changeMain: pid => void changed.push({at: now, pid}),
    now: () => now,
    later(action, ms) {
      expect(timer).toBeNull();
      timer = {at: now + ms, action};
      return () => (timer = null);
    },
  });
  const passTo = (until: number): void => {
    while (timer !== null && timer.at <= until) {
      const {at, action} = timer;
      now = at;
      timer = null;
      action();
    }
    now = until;
  };
  return {paced, said, changed, pass: (ms: number) => passTo(now + ms), isWaiting: () => timer !== null};
}

test('the first notice is emitted at once; a flood is merged into few, without losing a field', () => {
  const {paced, said, pass} = pacedOf();
  for (let i = 0; i < 10_000; i++) {
    paced.addNotice({status: String(i), ...(i === 5000 ? {extendMs: 7} : {})}, false);
    if (i === 0) expect(said).toEqual([{at: 0, notice: {status: '0'}}]);
    pass(1);
  }
  pass(1000);
  expect(said.length).toBeLessThan(150);
  expect(said.at(-1)?.notice.status).toBe('9999');
  expect(said.some(({notice}) => notice.extendMs === 7)).toBe(true);
});

test('an urgent notice is emitted at once, together with pending ones', () => {
  const {paced, said, isWaiting, pass} = pacedOf();
  for (let i = 0; i < 30; i++) paced.addNotice({status: String(i)}, false);
  const before = said.length;
  paced.addNotice({ready: true}, true);
  expect(said.slice(before)).toEqual([{at: 0, notice: {status: '29', ready: true}}]);
  pass(1000);
  expect(said).toHaveLength(before + 1);
  expect(isWaiting()).toBe(false);
});

test('of several main processes the newest counts, and the last one is never lost', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.integer({min: 1, max: 5}), fc.integer({min: 0, max: 3000})), {minLength: 1}),
      all => {
        const {paced, changed, pass} = pacedOf();
        for (const [pid, ms] of all) {
          paced.changeMain(pid);
          paced.addNotice({status: 'so'}, false);
          pass(ms);
        }
        pass(2000);
        expect(changed.at(-1)?.pid).toBe(all.at(-1)?.[0]);
        const seconds = all.reduce((sum, [, ms]) => sum + ms, 2000) / 1000;
        expect(changed.length).toBeLessThanOrEqual(3 + seconds + 1);
      },
    ),
  );
});

test('keepMain cancels a pending change; flush emits everything at once; nothing is emitted after the end', () => {
  const {paced, changed, said, pass} = pacedOf();
  for (const pid of [1, 2, 3, 4]) paced.changeMain(pid);
  paced.keepMain();
  pass(5000);
  expect(changed.map(({pid}) => pid)).toEqual([1, 2, 3]);
  for (const pid of [4, 5, 6, 7]) paced.changeMain(pid);
  paced.flush();
  expect(changed.at(-1)?.pid).toBe(7);
  for (let i = 0; i < 30; i++) paced.addNotice({status: String(i)}, false);
  paced.changeMain(8);
  paced.end();
  const before = [changed.length, said.length];
  pass(5000);
  expect([changed.length, said.length]).toEqual(before);
});
