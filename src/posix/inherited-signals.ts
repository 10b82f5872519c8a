/** Signals that were ignored when this process was started, which every program below it would inherit (execve(2)). */
import {readFileSync} from 'node:fs';
import {libc} from './libc.ts';

/** Node itself resets lower signals to their default action at start, and empties the mask. */
const FIRST_LEFT_BY_NODE = 32;

/** Numbers of rt_sigaction(2), by Node's name of the architecture. */
const SYS_RT_SIGACTION: Readonly<Record<string, number>> = {
  x64: 13,
  arm64: 134,
  riscv64: 134,
  loong64: 134,
  arm: 174,
  ia32: 174,
  s390x: 174,
  ppc64: 173,
};
/** One bit for each of 64 signals. */
const SET_BYTES = 8;
/** `struct sigaction` of the kernel takes 32 bytes at most. All zero: SIG_DFL, no flags, nothing blocked. */
const defaultAction = Buffer.alloc(64);

const rtSigaction = libc<[number, number, Buffer, null, number]>(
  'long syscall(long number, long signal, const void *action, void *old, unsigned long size)',
);

function ignoredSignals(): bigint {
  try {
    return BigInt(`0x${/^SigIgn:\s*([0-9a-f]+)$/m.exec(readFileSync('/proc/self/status', 'latin1'))?.[1] ?? '0'}`);
  } catch {
    return 0n;
  }
}

/**
 * Resets every ignored real-time signal to its default action. The call bypasses libc, whose sigaction(3) refuses the
 * signals that libc reserves (nptl(7)); a launcher that uses posix_spawn(3) may have left those ignored as well.
 */
export function stopIgnoring(): void {
  const number = SYS_RT_SIGACTION[process.arch];
  if (number === undefined) return;
  const ignored = ignoredSignals();
  for (let signal = FIRST_LEFT_BY_NODE; signal <= 64; signal++) {
    if ((ignored >> BigInt(signal - 1)) & 1n) rtSigaction(number, signal, defaultAction, null, SET_BYTES);
  }
}
