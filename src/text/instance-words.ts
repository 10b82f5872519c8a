/** Describes an instance in a few words. */
import type {ExitReport, HealthReport, StormReport, WorkerReport} from '../control/reports.ts';
import {count, formatTime} from '../base/format.ts';
import {plainText} from './sanitize.ts';

/** `ready`, `ready paused` */
export const statusWords = ({status, flags}: Pick<WorkerReport, 'status' | 'flags'>): string =>
  [status, ...flags].join(' ');

/** `exit code 3`, `SIGKILL`, `failed to start`. */
export function exitWords({code, signal, reason}: Pick<ExitReport, 'code' | 'signal' | 'reason'>): string {
  if (code !== null) return `exit code ${code}`;
  if (signal !== null) return signal;
  return reason === 'spawn-failed' ? 'failed to start' : 'exit status unknown';
}

/** Returns the reason for the status, or how the last run ended. */
export function lastExit({exit, reason}: Pick<WorkerReport, 'exit' | 'reason'>): string {
  if (reason !== null) return reason;
  return exit === null ? '' : `${exitWords(exit)} at ${formatTime(exit.at)}`;
}

/** `too many restarts at once since 14:03:22: 312 restarts are waiting`. */
export const stormWords = ({since, waiting}: StormReport): string =>
  `too many restarts at once since ${formatTime(since)}: ${waiting === 1 ? '1 restart is waiting' : `${waiting} restarts are waiting`}`;

/** `not checked yet`, `2 of 3 failures in a row, last at 14:03:22: connection refused`. */
export function healthWords({failures, limit, checks, last}: HealthReport): string {
  const failure = last === null ? '' : ` at ${formatTime(last.at)}: ${plainText(last.message)}`;
  if (failures > 0) return `${failures} of ${limit} failures in a row, last${failure}`;
  const so = checks === 0 ? 'not checked yet' : `${count(checks, 'check')}, the last one passed`;
  return failure === '' ? so : `${so}; last failure${failure}`;
}
