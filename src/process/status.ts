/**
 * `/proc/PID/status` (proc(5)): what may be asked of any process. The kernel gives it at once, whereas for `stat`, `environ` and
 * others it may wait until the process is through with execve(2), which that can put off for as long as it likes.
 */
import {readSmall} from './stat.ts';

export interface Status {
  readonly ppid: number;
  /** The real user: whoever has started it, also where a set-user-ID program has made it another's. */
  readonly uid: number;
}

/** Null where there is no such process. */
export function readStatus(pid: number): Status | null {
  const text = readSmall(`/proc/${pid}/status`);
  return text === null ? null : parseStatus(text);
}

/** A name with a line break has it written as `\n`, so no process can make up a line of these. */
export function parseStatus(text: string): Status | null {
  const ppid = /^PPid:\t(\d{1,10})$/m.exec(text)?.[1];
  const uid = /^Uid:\t(\d{1,10})\t/m.exec(text)?.[1];
  return ppid === undefined || uid === undefined ? null : {ppid: Number(ppid), uid: Number(uid)};
}
