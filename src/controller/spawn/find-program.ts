/** Finds a program before it is started, as execvp(3) would, so that a missing one is one clear error. */
import {errorCode} from '../../base/errors.ts';
import {accessSync, constants, statSync} from 'node:fs';
import {join, resolve} from 'node:path';
import {mayWait} from '../../process/waiting-mounts.ts';

export type FoundProgram = {readonly file: string} | {readonly code: string; readonly message: string};

/** Used if no PATH is set. */
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
  ENOTDIR: 'no such file: a part of its path is not a folder (ENOTDIR)',
  EACCES: 'it is not executable, or a parent folder is not accessible (EACCES)',
  EISDIR: 'it is a folder (EISDIR)',
};

/** The error for a path that is missing or can't be run. */
export const notStartable = (name: string, code: string): FoundProgram => ({
  code,
  message: `${name} can't be started: ${WORDS[code] ?? code}`,
});

/** The error for a name that is in no folder of PATH. */
export const notFound = (name: string, path: string | undefined): FoundProgram => ({
  code: 'ENOENT',
  message: `${name}: not found in PATH (ENOENT); PATH is ${path ?? `not set, using ${DEFAULT_PATH}`}`,
});

/** Returns the paths that {@link findProgram} tries. An empty PATH entry is the working directory (environ(7)). */
function candidates(name: string, cwd: string, path: string | undefined): string[] {
  if (name.includes('/')) return [resolve(cwd, name)];
  return (path ?? DEFAULT_PATH).split(':').map(folder => resolve(cwd, join(folder || '.', name)));
}

/**
 * Returns whether a program or its working directory lies on a file system that may not answer: then no process that
 * others wait for may access either.
 */
export const mayWaitFor = (name: string, cwd: string, path: string | undefined): boolean =>
  [cwd, ...candidates(name, cwd, path)].some(mayWait);

/** Searches the folders of `path`, or uses the program's own path if it has a slash; relative to `cwd`. */
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

/** Returns the absolute path of one of the system's own tools, whatever PATH is, or null if it is not installed. */
export function findTool(name: string): string | null {
  return TOOL_FOLDERS.map(folder => join(folder, name)).find(file => problemOf(file) === null) ?? null;
}
