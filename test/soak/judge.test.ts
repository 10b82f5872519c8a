import {describe, expect, test} from 'vitest';
import {judge, type Sample} from './judge.ts';

const LIMITS = [['heap', {ratio: 1.05, plus: 10}]] as const;

/** Returns 300 samples, one per second, of an amount that is a function of the index. */
const samples = (amount: (i: number) => number, what = 'heap'): Sample[] =>
  Array.from({length: 300}, (_, i) => ({ms: i * 1000, amounts: new Map([[what, amount(i)]])}));

const isFlat = (amount: (i: number) => number): boolean => judge(samples(amount), LIMITS).every(({flat}) => flat);

describe('an amount sampled over time', () => {
  test('is flat if it is constant, swings, or grew only in the warm-up', () => {
    expect(isFlat(() => 1000)).toBe(true);
    expect(isFlat(i => 1000 + 500 * Math.sin(i))).toBe(true);
    expect(isFlat(i => Math.min(1000, i * 20))).toBe(true);
    expect(isFlat(i => (i % 50 === 49 ? 100_000 : 1000))).toBe(true);
  });

  test('leaks if it grows slowly but steadily, even if it swings', () => {
    expect(isFlat(i => 1000 + i)).toBe(false);
    expect(isFlat(i => 1000 + i + 300 * Math.sin(i))).toBe(false);
  });

  test('has a verdict with the amount and the limit', () => {
    const [verdict] = judge(
      samples(i => 1000 + i),
      LIMITS,
    );
    expect(verdict).toMatchObject({what: 'heap', flat: false, most: 1299});
    expect(verdict?.after).toBeGreaterThan(verdict?.limit ?? Infinity);
  });

  test('must have a limit', () => {
    expect(() =>
      judge(
        samples(() => 1, 'unheard of'),
        LIMITS,
      ),
    ).toThrow('unheard of');
  });
});
