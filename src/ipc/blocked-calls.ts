/**
 * System calls that threads wait in (`/proc/PID/task/TID/syscall`): the only source for the waiters of some channels.
 */
import {readdirSync} from 'node:fs';
import {join} from 'node:path';
import type {Snapshot} from './snapshot.ts';

/** Numbers of blocking system calls, by architecture. */
const NUMBERS: Partial<Record<NodeJS.Architecture, Readonly<Record<string, number>>>> = {
  x64: {semop: 65, semtimedop: 220, msgsnd: 69, msgrcv: 70, fcntl: 72, flock: 73},
  arm64: {semop: 193, semtimedop: 192, msgsnd: 189, msgrcv: 188, fcntl: 25, flock: 32},
};

export type WaitingCall = 'semop' | 'semtimedop' | 'msgsnd' | 'msgrcv' | 'fcntl' | 'flock';

export interface BlockedCall {
  readonly call: WaitingCall;
  readonly arguments: readonly number[];
}

const names = new Map(
  Object.entries(NUMBERS[process.arch] ?? {}).map(([name, number]) => [number, name as WaitingCall]),
);

/** Parses a line such as `70 0x1 0x7f… 0x0 …`. Returns null for another call, or none. */
export function parseBlockedCall(line: string): BlockedCall | null {
  const [number, ...rest] = line.trim().split(' ');
  const call = names.get(Number(number));
  return call === undefined ? null : {call, arguments: rest.map(Number)};
}

/** Returns the calls of this kind in which threads of a process wait; empty if they may not be read. */
export function blockedCallsOf(snapshot: Snapshot, pid: number): BlockedCall[] {
  let threads: string[];
  try {
    threads = readdirSync(join(snapshot.root, String(pid), 'task'));
  } catch {
    return [];
  }
  return threads
    .map(thread => parseBlockedCall(snapshot.text(pid, `task/${thread}/syscall`) ?? ''))
    .filter(call => call !== null);
}
