/** Whether work takes time that is linear in a text: that of one eight times as long is compared, with much room. */
import {expect} from 'vitest';

const LENGTH = 16_384;
const TIMES = 8;
/** Quadratic work takes 64 times as long. */
const AT_MOST = 32;
/** Below it, a machine that does something else decides. */
const LEAST_MS = 20;
const TRIES = 4;

export function stepsGrowLinearly(what: string, piece: string, work: (text: string) => unknown): void {
  sizesGrowLinearly(what, LENGTH, length => {
    const text = piece.repeat(Math.ceil(length / piece.length));
    return () => work(text);
  });
}

/** The same of anything that has a size: what `make` hands back is timed, for that size and for one eight times as large. */
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
