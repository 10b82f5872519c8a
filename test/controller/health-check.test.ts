import {expect, test} from 'vitest';
import {createHealthCheck} from '../../src/controller/health/check.ts';
import {Bench, worker} from '../supervisor/harness.ts';

test('at most 16 check programs run at once, and the others in turn', async () => {
  const health = {kind: 'exec', argv: ['true'], everyMs: 5000, timeoutMs: 1000, failures: 3} as const;
  const {core} = new Bench(worker('web', {health, instances: 40}));
  const running: ((trouble: string | null) => void)[] = [];
  let begun = 0;
  const check = createHealthCheck(core, () => {
    begun++;
    return new Promise(resolve => running.push(resolve));
  });
  // Twice, since a place passed on to a waiting check must not be given to another one as well.
  for (const before of [0, 40]) {
    const results = Promise.all([...core.instances()].map(one => check(health, one, new AbortController().signal)));
    expect(begun).toBe(before + 16);
    for (let ended = 0; ended < 40; ended++) {
      running[before + ended]?.(null);
      await new Promise(setImmediate);
      expect(begun).toBe(before + Math.min(40, 17 + ended));
    }
    expect(await results).toEqual(Array.from({length: 40}, () => null));
  }
});
