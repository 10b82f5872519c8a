/** Signals and nice values, set with this user's rights and only for the process that was meant. */
import {errorCode} from '../base/errors.ts';
import {setPriority} from 'node:os';
import {whyRefused} from './refusal.ts';
import {startTimeOf} from './stat.ts';
import {signalIdentified} from '../posix/pidfd.ts';
import {signalNumber} from '../posix/signals.ts';

const refusalOf = (pid: number, code: string): string => `process ${pid}: ${whyRefused(pid, code)}`;

/** Sends a signal. Returns a description of the failure, or null. */
export function signalProcess(pid: number, startTime: string | null, signal: string): string | null {
  const number = signalNumber(signal);
  if (number === null) return `${signal} is not a signal`;
  const meant = startTime ?? startTimeOf(pid);
  const refused = meant === null ? 'ESRCH' : signalIdentified(pid, meant, number, startTimeOf);
  return refused === null ? null : refusalOf(pid, refused);
}

/** Sets a nice value (setpriority(2)). Returns a description of the failure, or null. */
export function niceProcess(pid: number, startTime: string | null, nice: number): string | null {
  try {
    if (startTime !== null && startTimeOf(pid) !== startTime) return refusalOf(pid, 'ESRCH');
    setPriority(pid, nice);
    return null;
  } catch (error) {
    const code = errorCode(error, '');
    // Node reports the system's error in `info` only.
    const info = error instanceof Error && 'info' in error ? JSON.stringify(error.info) : '';
    return refusalOf(pid, /EPERM/.test(info) ? 'EPERM' : /EACCES/.test(info) ? 'EACCES' : code || 'ESRCH');
  }
}
