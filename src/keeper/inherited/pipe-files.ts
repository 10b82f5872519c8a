/** Declared pipes as they lie on disk: FIFOs in a folder of the fleet's, which nobody else may enter. */
import {
  closeSync,
  constants,
  lstatSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  rmdirSync,
  rmSync,
} from 'node:fs';
import {basename, dirname, join} from 'node:path';

const SUFFIX = '.fifo';
const O_PATH = 0o10000000; // the same number on every architecture but alpha, parisc and sparc
/** What leads to an open file, whatever has become of its name. */
export const own = (fd: number): string => `/proc/self/fd/${fd}`;
/** The number of the mount that an open file lies on (proc(5), fdinfo). */
const mountOf = (fd: number): string | undefined =>
  /^mnt_id:\s*(\d+)/m.exec(readFileSync(`/proc/self/fdinfo/${fd}`, 'latin1'))?.[1];

export const folderOf = (fleetFolder: string): string => join(fleetFolder, 'channels');

export const pipePath = (folder: string, name: string): string => join(folder, name + SUFFIX);

/** The same folder as the kernel shows it in the paths of open files, also where it is gone; as it is called where that can't be told. */
export function realFolder(folder: string): string {
  try {
    return join(realpathSync(dirname(folder)), basename(folder));
  } catch {
    return folder;
  }
}

/** The name of a pipe by its path; null: it is no pipe of that folder. */
export const nameOf = (folder: string, path: string): string | null =>
  dirname(path) === folder && path.endsWith(SUFFIX) ? basename(path, SUFFIX) : null;

/** Throws where something else has that name. */
export function mustBeFifo(path: string): void {
  if (!lstatSync(path).isFIFO()) throw Object.assign(new Error(`${path} is no FIFO`), {code: 'EEXIST'});
}

/** Removes one, if it can be. */
export function remove(path: string): void {
  try {
    rmSync(path, {force: true});
  } catch {
    // A disk that takes no change: whoever has to remove it next tries again.
  }
}

/** The names of the pipes that lie on disk. */
export function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder)
      .filter(file => file.endsWith(SUFFIX) && lstatSync(join(folder, file)).isFIFO())
      .map(file => file.slice(0, -SUFFIX.length));
  } catch {
    return []; // no pipe was ever made
  }
}

/** Removes the pipes of a fleet that was stopped. What is none stays. */
export function removePipes(fleetFolder: string): void {
  const folder = folderOf(fleetFolder);
  for (const name of namesIn(folder)) remove(join(folder, name + SUFFIX));
  try {
    rmdirSync(folder);
  } catch {
    // It is not there, or something else is in it.
  }
}

/**
 * A handle (O_PATH) for a pipe whose name is gone, to be closed, by a link to what a worker has at its number; null where that is
 * another file. Of that nothing is asked: its file system may not answer.
 */
export function findUnnamed(pipes: string, link: string, name: string): number | null {
  const folder = openSync(pipes, O_PATH | constants.O_DIRECTORY);
  try {
    const found = openSync(link, O_PATH);
    // Its number may be another file's by now, and that may have the same path on another file system.
    if (readlinkSync(own(found)) === `${join(readlinkSync(own(folder)), name + SUFFIX)} (deleted)`)
      if (mountOf(found) === mountOf(folder)) return found;
    closeSync(found);
    return null;
  } finally {
    closeSync(folder);
  }
}
