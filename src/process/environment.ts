/** The initial environment of a process (proc_pid_environ(5)): untrusted, of any length, rewritable by the process. */
import {closeSync, openSync, readSync} from 'node:fs';
import {isShortage} from './stat.ts';

/**
 * A longer environment is truncated: with a stack of 8 MiB, arguments and environment together have this size at most
 * (execve(2)). A process can make the kernel report terabytes as its environment (PR_SET_MM_MAP of prctl(2)).
 */
const MOST_BYTES = 2 * 1024 * 1024;
const FIRST_BYTES = 64 * 1024;
let buffer = Buffer.allocUnsafeSlow(FIRST_BYTES);

/**
 * Returns the environment as bytes, each entry ended by a zero byte, or null if it can't be read. The bytes are valid
 * until the next call.
 *
 * @param folder the process's folder in /proc
 * @throws on a shortage of descriptors or memory (`EMFILE`, `ENFILE`, `ENOMEM`)
 */
export function readEnvironment(folder: string): Buffer | null {
  let fd: number | undefined;
  try {
    fd = openSync(`${folder}/environ`, 'r');
    let end = 0;
    for (;;) {
      const count = readSync(fd, buffer, end, buffer.length - end, end);
      end += count;
      if (count === 0 || end >= MOST_BYTES) return buffer.subarray(0, end);
      if (end === buffer.length) buffer = Buffer.concat([buffer, Buffer.alloc(buffer.length)]);
    }
  } catch (error) {
    if (isShortage(error)) throw error;
    return null;
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}

/** Returns the value of a variable, or null if there is no such entry. */
export function valueIn(bytes: Buffer, name: string): string | null {
  const prefix = Buffer.from(`${name}=`);
  for (let at = bytes.indexOf(prefix); at >= 0; at = bytes.indexOf(prefix, at + 1)) {
    if (at > 0 && bytes[at - 1] !== 0) continue;
    const end = bytes.indexOf(0, at);
    return bytes.toString('latin1', at + prefix.length, end < 0 ? bytes.length : end);
  }
  return null;
}

/** Returns all entries that contain a `=`, in their order. */
export function entriesIn(bytes: Buffer): (readonly [name: string, value: string])[] {
  return bytes
    .toString('utf8')
    .split('\0')
    .filter(entry => entry.includes('='))
    .map(entry => [entry.slice(0, entry.indexOf('=')), entry.slice(entry.indexOf('=') + 1)] as const);
}
