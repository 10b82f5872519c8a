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
  const [short, long] = [LENGTH, LENGTH * TIMES].map(length => piece.repeat(Math.ceil(length / piece.length)));
  const ratios: number[] = [];
  for (let i = 0; i < TRIES; i++) {
    const ratio = msOf(work, long ?? '') / Math.max(LEAST_MS, msOf(work, short ?? ''));
    if (ratio < AT_MOST) return;
    ratios.push(ratio);
  }
  expect.unreachable(`${what}: ${TIMES} times the text takes ${ratios.map(Math.round).join(', ')} times as long`);
}

function msOf(work: (text: string) => unknown, text: string): number {
  const start = performance.now();
  work(text);
  return performance.now() - start;
}
