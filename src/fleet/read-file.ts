import {errorCode, messageOf} from '../base/errors.ts';
import {realpath} from 'node:fs/promises';
import {isUtf8} from 'node:buffer';
import {existsSync} from 'node:fs';
import {basename, dirname, join, resolve} from 'node:path';
import {parseFleetText, type Machine} from './parse.ts';
import {readLimited, type Unread} from './syntax/read-limited.ts';
import type {ParsedFleet} from './types.ts';

/** Bytes. No fleet comes near this limit; naming a database dump by mistake fails at once. */
export const LARGEST_FILE = 2 ** 20;

/** Returns the fleet file of a folder: its `brood.yaml`, or null. */
export function findFleetFile(cwd: string): string | null {
  const file = join(cwd, 'brood.yaml');
  return existsSync(file) ? file : null;
}

/**
 * Whether the name of a file is that of a file with `name: command` lines: `Procfile`, `Procfile.dev`, `web.procfile`.
 */
export function isProcfile(path: string): boolean {
  return /^procfile(\.|$)|\.procfile$/i.test(basename(path));
}

/**
 * Reads and checks a fleet file. Never throws for the file: an unreadable file is one problem.
 *
 * @param path - as the user gave it; used in problems
 */
export async function parseFleetFile(path: string, machine: Machine = {}): Promise<ParsedFleet> {
  const failed = (message: string, line = 1): ParsedFleet => ({
    fleet: null,
    problems: [{severity: 'error', file: path, line, column: 1, message}],
  });
  let canonical: string;
  let bytes: Uint8Array | Unread;
  try {
    canonical = await realpath(resolve(path));
    bytes = await readLimited(canonical, LARGEST_FILE);
  } catch (error) {
    return failed(whyUnreadable(error));
  }
  if (typeof bytes === 'string') return failed(UNREAD[bytes](canonical));
  const wrongLine = firstLineNotUtf8(bytes);
  if (wrongLine !== null) return failed('the file is not UTF-8 from this line on: save it as UTF-8', wrongLine);
  return parseFleetText(new TextDecoder().decode(bytes), {
    ...machine,
    file: path,
    canonical,
    dir: dirname(canonical),
    format: isProcfile(path) ? 'procfile' : 'yaml',
  });
}

const UNREAD: Readonly<Record<Unread, (path: string) => string>> = {
  folder: path => `is a folder: specify the file in it, ${join(path, 'brood.yaml')}`,
  irregular: () => 'is not a regular file: a fleet file must be readable more than once',
  large: () => 'is larger than 1MiB: is this a fleet file?',
};

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'no such file',
  EACCES: 'not readable by this user',
  EPERM: 'not readable by this user',
  ENOTDIR: 'a part of its path is not a folder',
  ELOOP: 'its symbolic links form a loop',
  ENAMETOOLONG: 'its path is too long',
  ENXIO: 'not a regular file',
};

function whyUnreadable(error: unknown): string {
  const code = errorCode(error, '');
  const reason = REASONS[code] ?? messageOf(error);
  return `the fleet file can't be read: ${reason}${code === '' ? '' : ` (${code})`}`;
}

/** Returns the first line (from 1) that is not UTF-8, or null. A newline byte is never part of another character. */
function firstLineNotUtf8(bytes: Uint8Array): number | null {
  if (isUtf8(bytes)) return null;
  for (let start = 0, line = 1; start < bytes.length; line++) {
    const newline = bytes.indexOf(0x0a, start);
    const end = newline < 0 ? bytes.length : newline + 1;
    if (!isUtf8(bytes.subarray(start, end))) return line;
    start = end;
  }
  return 1;
}
