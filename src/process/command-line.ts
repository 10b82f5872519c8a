/** The command line of a process (proc_pid_cmdline(5)): untrusted text, of any length, and its own to rewrite. */
import {closeSync, openSync, readSync} from 'node:fs';
import {isShortage} from './stat.ts';

/** Of a command line longer than that the beginning is read. */
const MOST_BYTES = 128 * 1024;
const bytes = Buffer.allocUnsafe(MOST_BYTES);

/** The arguments, each ended by a zero byte; null where it can't be read. Throws as {@link readSmall} does. */
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

/** The arguments one by one. A process that sets a title of its own fills the rest with zero bytes. */
export const argumentsIn = (text: string): readonly string[] => withoutEnd(text).split('\0');

/** The arguments, joined by spaces. */
export const commandIn = (text: string): string => withoutEnd(text).replaceAll('\0', ' ');

/** A pattern for the zero bytes at the end would look at those in the middle again from each of them. */
function withoutEnd(text: string): string {
  let end = text.length;
  while (end > 0 && text.charCodeAt(end - 1) === 0) end--;
  return text.slice(0, end);
}
