import fc from 'fast-check';
import {expect, test} from 'vitest';
import {TokenBucket} from '../../src/link/rate.ts';

test('after a rest a burst is allowed, then single events at the rate', () => {
  const bucket = new TokenBucket({perSecond: 2, burst: 3}, 0);
  expect([bucket.tryTake(0), bucket.tryTake(0), bucket.tryTake(0), bucket.tryTake(0)]).toEqual([
    true,
    true,
    true,
    false,
  ]);
  expect(bucket.waitMs(0)).toBe(500);
  expect(bucket.tryTake(499)).toBe(false);
  expect(bucket.tryTake(500)).toBe(true);
  expect(bucket.available(1_000_000)).toBe(3);
});

test('spending more than is available leaves no debt', () => {
  const bucket = new TokenBucket({perSecond: 1, burst: 2}, 0);
  bucket.spend(0, 100);
  expect(bucket.waitMs(0)).toBe(1000);
});

test('at any times, the total never exceeds the burst and the rate; and after the wait, one is allowed', () => {
  fc.assert(
    fc.property(
      fc.integer({min: 1, max: 1000}),
      fc.integer({min: 1, max: 50}),
      fc.array(fc.integer({min: -100, max: 2000}), {maxLength: 200}),
      (perSecond, burst, steps) => {
        const bucket = new TokenBucket({perSecond, burst}, 0);
        let now = 0;
        let latest = 0;
        let taken = 0;
        for (const step of steps) {
          // A clock that goes backwards adds nothing.
          now = Math.max(0, now + step);
          latest = Math.max(latest, now);
          while (bucket.tryTake(now)) taken++;
          expect(taken).toBeLessThanOrEqual(burst + (latest * perSecond) / 1000 + 1e-6);
          const wait = bucket.waitMs(now);
          expect(wait).toBeGreaterThan(0);
        }
        latest += bucket.waitMs(latest);
        expect(bucket.tryTake(latest)).toBe(true);
      },
    ),
  );
});
