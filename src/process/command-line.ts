/** The command line of a process (proc_pid_cmdline(5)): untrusted, of any length, rewritable by the process. */
import {closeSync, openSync, readSync} from 'node:fs';
import {isShortage} from './stat.ts';

/** A longer command line is truncated. */
const MOST_BYTES = 128 * 1024;
const bytes = Buffer.allocUnsafe(MOST_BYTES);

/** Returns the arguments, each ended by a zero byte, or null if unreadable. Throws as {@link readSmall} does. */
export function readCommandLine(folder: string): string | null {
  let fd: number | undefined;
  try {
    fd = openSync(`${folder}/cmdline`, 'r');
    return bytes.toString('utf8', 0, readSync(fd, bytes, 0, bytes.length, 0));
  } catch (error) {
    if (isShortage(error)) throw error;
    return null;
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}

/** Returns the separate arguments. A process that sets its own title fills the rest with zero bytes. */
export const argumentsIn = (text: string): readonly string[] => withoutEnd(text).split('\0');

/** Returns the arguments, joined by spaces. */
export const commandIn = (text: string): string => withoutEnd(text).replaceAll('\0', ' ');

/** Removes trailing zero bytes. A regular expression would rescan a run in the middle from each of its bytes. */
function withoutEnd(text: string): string {
  let end = text.length;
  while (end > 0 && text.charCodeAt(end - 1) === 0) end--;
  return text.slice(0, end);
}
