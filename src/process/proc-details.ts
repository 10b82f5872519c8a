/** Facts about a process that are not in its `stat`, from the other files of its folder in /proc (proc(5)). */
import {errorCode} from '../base/errors.ts';
import {closeSync, openSync, readFileSync, readSync} from 'node:fs';
import {commandIn, readCommandLine} from './command-line.ts';
import type {Details} from './source.ts';
import {isShortage} from './stat.ts';

const bytes = Buffer.allocUnsafe(128 * 1024);

/** Reads a file with a single read(2). Returns null if it can't be read. */
function readText(path: string, encoding: 'latin1' | 'utf8'): string | null {
  let fd: number | undefined;
  try {
    fd = openSync(path, 'r');
    return bytes.toString(encoding, 0, readSync(fd, bytes, 0, bytes.length, 0));
  } catch (error) {
    if (isShortage(error)) throw error;
    return null;
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}

/** @param folder of the process, such as `/proc/4711` */
export const readDetails = (folder: string): Details =>
  detailsIn(
    readText(`${folder}/status`, 'latin1') ?? '',
    readCommandLine(folder),
    readText(`${folder}/cgroup`, 'utf8'),
  );

/** Parses the texts of these files. `status` is empty, the others are null, if the file can't be read. */
export function detailsIn(status: string, arguments_: string | null, cgroup: string | null): Details {
  const locked = /^VmLck:\s+(\d+) kB$/m.exec(status)?.[1];
  // Real, effective, saved, file system: the second one's rights apply.
  const uid = /^Uid:\s+\d+\s+(\d+)\s/m.exec(status)?.[1];
  return {
    // Empty for a zombie and a kernel thread.
    command: commandIn(arguments_ ?? '') || null,
    uid: uid === undefined ? null : Number(uid),
    // The kernel writes the line only for processes with memory of their own.
    lockedBytes: locked === undefined ? (status === '' ? null : 0) : Number(locked) * 1024,
    cgroup: /^0::(.*)$/m.exec(cgroup ?? '')?.[1] ?? null,
  };
}

export function readPss(folder: string): number | 'denied' | null {
  let text: string;
  try {
    text = readFileSync(`${folder}/smaps_rollup`, 'latin1');
  } catch (error) {
    if (isShortage(error)) throw error;
    const code = errorCode(error, '');
    return code === 'EACCES' || code === 'EPERM' ? 'denied' : null;
  }
  const kib = /^Pss:\s+(\d+) kB$/m.exec(text)?.[1];
  return kib === undefined ? null : Number(kib) * 1024;
}

/** Returns when the machine was started, in ms since 1970, to the second, or null if that is unknown. */
export function bootTime(root: string): number | null {
  const seconds = /^btime (\d+)$/m.exec(readText(`${root}/stat`, 'latin1') ?? '')?.[1];
  return seconds === undefined ? null : Number(seconds) * 1000;
}
