/** Finding a program before it is started, as execvp(3) would: so that a missing one is one clear error. */
import {errorCode} from '../../base/errors.ts';
import {accessSync, constants, statSync} from 'node:fs';
import {join, resolve} from 'node:path';
import {mayWait} from '../../process/waiting-mounts.ts';

export type FoundProgram = {readonly file: string} | {readonly code: string; readonly message: string};

/** Where no PATH is set. */
export const DEFAULT_PATH = '/usr/local/bin:/usr/bin:/bin';

function problemOf(path: string): string | null {
  try {
    if (statSync(path).isDirectory()) return 'EISDIR';
    accessSync(path, constants.X_OK);
    return null;
  } catch (error) {
    return errorCode(error);
  }
}

const WORDS: Readonly<Record<string, string>> = {
  ENOENT: 'no such file (ENOENT)',
  ENOTDIR: 'no such file: a part of its path is no folder (ENOTDIR)',
  EACCES: 'it is not executable, or a folder above it may not be entered (EACCES)',
  EISDIR: 'it is a folder (EISDIR)',
};

/** What is there, or not, and can't be run. */
export const notStartable = (name: string, code: string): FoundProgram => ({
  code,
  message: `${name} can't be started: ${WORDS[code] ?? code}`,
});

/** A name that is in no folder of PATH. */
export const notFound = (name: string, path: string | undefined): FoundProgram => ({
  code: 'ENOENT',
  message: `${name}: not found in PATH (ENOENT); PATH is ${path ?? `not set, so ${DEFAULT_PATH}`}`,
});

/** The paths at which {@link findProgram} looks. An empty PATH entry is the working directory (environ(7)). */
function candidates(name: string, cwd: string, path: string | undefined): string[] {
  if (name.includes('/')) return [resolve(cwd, name)];
  return (path ?? DEFAULT_PATH).split(':').map(folder => resolve(cwd, join(folder || '.', name)));
}

/**
 * Whether the folder that a program is to run in, or the program, lies where a file system may not answer: then neither is to
 * be touched by a process that others wait for.
 */
export const mayWaitFor = (name: string, cwd: string, path: string | undefined): boolean =>
  [cwd, ...candidates(name, cwd, path)].some(mayWait);

/** Looks for a program in the folders of `path`, or where it says if it has a slash; relative to `cwd`. */
export function findProgram(name: string, cwd: string, path: string | undefined): FoundProgram {
  let denied: string | null = null;
  for (const file of candidates(name, cwd, path)) {
    const code = problemOf(file);
    if (code === null) return {file};
    if (name.includes('/')) return notStartable(name, code);
    if (code === 'EACCES') denied ??= file;
  }
  return denied === null ? notFound(name, path) : notStartable(denied, 'EACCES');
}

const TOOL_FOLDERS = ['/usr/bin', '/bin', '/usr/sbin', '/sbin', '/usr/local/bin'];

/** The absolute path of one of the system's own tools, whatever PATH says; null where it is not installed. */
export function findTool(name: string): string | null {
  return TOOL_FOLDERS.map(folder => join(folder, name)).find(file => problemOf(file) === null) ?? null;
}
