/** The pending, blocked, ignored and caught signals of a process, by name (`Sig*` in proc_pid_status(5)). */
import {signalName} from '../posix/signals.ts';
import type {ChannelKind} from './channel-kind.ts';

export const signal: ChannelKind = {
  kind: 'signal',
  needs: ['signals'],
  read: ({statuses}) =>
    Array.from(statuses, ([pid, status]) => ({
      kind: 'signal',
      id: `signal:[${pid}]`,
      name: null,
      ends: [{pid, fd: null, mode: 'r'}],
      detail: signalsIn(status),
    })),
};

export type SignalSets = Readonly<Record<'pending' | 'blocked' | 'ignored' | 'caught', readonly string[]>>;

// Sets of 64 signals. The process's name is in the first line and can't begin another one: its line breaks are escaped.
const MASK = {
  thread: /^SigPnd:\s*([\da-f]{1,16})$/m,
  process: /^ShdPnd:\s*([\da-f]{1,16})$/m,
  blocked: /^SigBlk:\s*([\da-f]{1,16})$/m,
  ignored: /^SigIgn:\s*([\da-f]{1,16})$/m,
  caught: /^SigCgt:\s*([\da-f]{1,16})$/m,
} as const;

/** Parses `/proc/PID/status`. `pending`: for the process and for its main thread. */
export function signalsIn(status: string): SignalSets {
  const mask = (pattern: RegExp): bigint => BigInt(`0x${pattern.exec(status)?.[1] ?? '0'}`);
  return {
    pending: signalsOf(mask(MASK.thread) | mask(MASK.process)),
    blocked: signalsOf(mask(MASK.blocked)),
    ignored: signalsOf(mask(MASK.ignored)),
    caught: signalsOf(mask(MASK.caught)),
  };
}

/** Bit n-1 is signal n. 32 and 33 belong to the C library (nptl(7)). */
function signalsOf(mask: bigint): string[] {
  const names: string[] = [];
  for (let number = 1, left = mask; left !== 0n; number++, left >>= 1n)
    if (left & 1n) names.push(number === 32 || number === 33 ? `SIG${number}` : signalName(number));
  return names;
}
