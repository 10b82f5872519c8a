/**
 * Checks that work is linear in the size of its input, with a large margin: compares it with an input eight times as
 * large.
 */
import {expect} from 'vitest';

const LENGTH = 16_384;
const TIMES = 8;
/** Quadratic work would take 64 times as long. */
const AT_MOST = 32;
/** Shorter times depend too much on other load of the machine. */
const LEAST_MS = 20;
const TRIES = 4;

export function stepsGrowLinearly(what: string, piece: string, work: (text: string) => unknown): void {
  sizesGrowLinearly(what, LENGTH, length => {
    const text = piece.repeat(Math.ceil(length / piece.length));
    return () => work(text);
  });
}

/**
 * Does the same for any kind of size: `make` returns the work to measure, for that size and for one eight times as
 * large.
 */
export function sizesGrowLinearly(what: string, size: number, make: (size: number) => () => unknown): void {
  const [short, long] = [make(size), make(size * TIMES)];
  const ratios: number[] = [];
  for (let i = 0; i < TRIES; i++) {
    const ratio = msOf(long) / Math.max(LEAST_MS, msOf(short));
    if (ratio < AT_MOST) return;
    ratios.push(ratio);
  }
  expect.unreachable(`${what}: ${TIMES} times as much takes ${ratios.map(Math.round).join(', ')} times as long`);
}

function msOf(work: () => unknown): number {
  const start = performance.now();
  work();
  return performance.now() - start;
}
