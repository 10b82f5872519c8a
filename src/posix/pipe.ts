/** pipe(7). */
import {check, libc} from './libc.ts';

const O_CLOEXEC = 0o2000000;

const pipe2 = libc<[Buffer, number]>('int pipe2(void *pair, int flags)');

/**
 * Opens a pipe, close-on-exec and blocking. Returns its reading end and its writing end. Throws {@link SystemError}.
 */
export function openPipe(): readonly [reading: number, writing: number] {
  const pair = Buffer.alloc(8);
  check(pipe2(pair, O_CLOEXEC), 'pipe2');
  return [pair.readInt32LE(0), pair.readInt32LE(4)];
}
