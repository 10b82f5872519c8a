/**
 * `/proc/PID/status` (proc(5)), which is safe to read for any process. The kernel returns it at once, whereas a read of
 * `stat`, `environ` and others may wait until the process has finished execve(2), which the process can delay at will.
 */
import {readSmall} from './stat.ts';

export interface Status {
  readonly ppid: number;
  /** The real user: the one who started the process, even if a set-user-ID program has changed the effective user. */
  readonly uid: number;
}

/** Returns null if there is no such process. */
export function readStatus(pid: number): Status | null {
  const text = readSmall(`/proc/${pid}/status`);
  return text === null ? null : parseStatus(text);
}

/** Parses the file. The kernel writes a line break of a name as `\n`, so no process can forge one of these lines. */
export function parseStatus(text: string): Status | null {
  const ppid = /^PPid:\t(\d{1,10})$/m.exec(text)?.[1];
  const uid = /^Uid:\t(\d{1,10})\t/m.exec(text)?.[1];
  return ppid === undefined || uid === undefined ? null : {ppid: Number(ppid), uid: Number(uid)};
}
