import fc from 'fast-check';
import {expect, test} from 'vitest';
import type {Notice} from '../../src/link/runs.ts';
import {PacedVoice} from '../../src/keeper/notify/paced.ts';

/** One with a clock of its own. */
function voiceOf() {
  const said: {at: number; notice: Notice}[] = [];
  const changed: {at: number; pid: number}[] = [];
  let now = 0;
  let timer: {at: number; action: () => void} | null = null;
  const voice = new PacedVoice({
    say: notice => void said.push({at: now, notice}),
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
  return {voice, said, changed, pass: (ms: number) => passTo(now + ms), isWaiting: () => timer !== null};
}

test('the first is said at once; of a flood, few facts that hold all that was said', () => {
  const {voice, said, pass} = voiceOf();
  for (let i = 0; i < 10_000; i++) {
    voice.say({status: String(i), ...(i === 5000 ? {extendMs: 7} : {})}, false);
    if (i === 0) expect(said).toEqual([{at: 0, notice: {status: '0'}}]);
    pass(1);
  }
  pass(1000);
  expect(said.length).toBeLessThan(150);
  expect(said.at(-1)?.notice.status).toBe('9999');
  expect(said.some(({notice}) => notice.extendMs === 7)).toBe(true);
});

test('what is urgent takes along what waits', () => {
  const {voice, said, isWaiting, pass} = voiceOf();
  for (let i = 0; i < 30; i++) voice.say({status: String(i)}, false);
  const before = said.length;
  voice.say({ready: true}, true);
  expect(said.slice(before)).toEqual([{at: 0, notice: {status: '29', ready: true}}]);
  pass(1000);
  expect(said).toHaveLength(before + 1);
  expect(isWaiting()).toBe(false);
});

test('of main processes the newest wins, and none that was named last is lost', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.integer({min: 1, max: 5}), fc.integer({min: 0, max: 3000})), {minLength: 1}),
      all => {
        const {voice, changed, pass} = voiceOf();
        for (const [pid, ms] of all) {
          voice.changeMain(pid);
          voice.say({status: 'so'}, false);
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

test('one that names the main process again takes back what waits; flush waits for nothing; after the end, nothing comes', () => {
  const {voice, changed, said, pass} = voiceOf();
  for (const pid of [1, 2, 3, 4]) voice.changeMain(pid);
  voice.keepMain();
  pass(5000);
  expect(changed.map(({pid}) => pid)).toEqual([1, 2, 3]);
  for (const pid of [4, 5, 6, 7]) voice.changeMain(pid);
  voice.flush();
  expect(changed.at(-1)?.pid).toBe(7);
  for (let i = 0; i < 30; i++) voice.say({status: String(i)}, false);
  voice.changeMain(8);
  voice.end();
  const before = [changed.length, said.length];
  pass(5000);
  expect([changed.length, said.length]).toEqual(before);
});
