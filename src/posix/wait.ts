/** waitid(2), beside libuv: libuv waits for the children it spawned, brood for adopted ones and for stops. */
import {libc} from './libc.ts';
import {signalName} from './signals.ts';
import type {SignalName} from '../base/signal-name.ts';

const P_ALL = 0;
const P_PID = 1;
const WNOHANG = 1;
const WSTOPPED = 2;
const WEXITED = 4;
const WCONTINUED = 8;
const WNOWAIT = 0x01000000;
const CLD_EXITED = 1;
const CLD_CONTINUED = 6;

const waitid = libc<[number, number, Buffer, number]>('int waitid(int type, int id, void *info, int options)');
const info = Buffer.alloc(128); // siginfo_t: si_code 8, si_pid 16, si_status 24

/** How a process ended: one of the two fields is set. */
export interface End {
  readonly code: number | null;
  readonly signal: SignalName | null;
}

export interface Ended extends End {
  readonly pid: number;
}

/** Decodes a status of wait(2). */
export function endOfStatus(status: number): End {
  const signal = status & 0x7f;
  return signal === 0 ? {code: (status >> 8) & 0xff, signal: null} : {code: null, signal: signalName(signal)};
}

function wait(type: number, id: number, options: number): number {
  info.fill(0);
  return waitid(type, id, info, options | WNOHANG) === 0 ? info.readInt32LE(16) : 0;
}

function ended(pid: number): Ended {
  const status = info.readInt32LE(24);
  return info.readInt32LE(8) === CLD_EXITED
    ? {pid, code: status, signal: null}
    : {pid, code: null, signal: signalName(status)};
}

/** Returns the pid of a child that has ended, without reaping it, or 0 if there is none. */
export const peekEnded = (): number => wait(P_ALL, 0, WEXITED | WNOWAIT);

/** Reaps one child by its pid. Returns null if it has not ended or is no child. */
export const reap = (pid: number): Ended | null => (wait(P_PID, pid, WEXITED) === pid ? ended(pid) : null);

/** Returns the next child that was stopped or continued since the last call, or null. */
export function nextStopped(): {pid: number; stopped: boolean} | null {
  const pid = wait(P_ALL, 0, WSTOPPED | WCONTINUED);
  return pid === 0 ? null : {pid, stopped: info.readInt32LE(8) !== CLD_CONTINUED};
}
