/** Declared pipes on disk: FIFOs in a folder of the fleet that no other user may enter. */
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
/** Returns a link to an open file, whatever has become of its name. */
export const own = (fd: number): string => `/proc/self/fd/${fd}`;
/** Returns the ID of the mount on which an open file lies (proc(5), fdinfo). */
const mountOf = (fd: number): string | undefined =>
  /^mnt_id:\s*(\d+)/m.exec(readFileSync(`/proc/self/fdinfo/${fd}`, 'latin1'))?.[1];

export const folderOf = (fleetFolder: string): string => join(fleetFolder, 'channels');

export const pipePath = (folder: string, name: string): string => join(folder, name + SUFFIX);

/**
 * Returns the folder as the kernel shows it in the paths of open files, even if it is gone; unchanged if that is
 * unknown.
 */
export function realFolder(folder: string): string {
  try {
    return join(realpathSync(dirname(folder)), basename(folder));
  } catch {
    return folder;
  }
}

/** Returns the name of a pipe by its path; null if the path is not that of a pipe in the folder. */
export const nameOf = (folder: string, path: string): string | null =>
  dirname(path) === folder && path.endsWith(SUFFIX) ? basename(path, SUFFIX) : null;

/** Throws if something else has that name. */
export function mustBeFifo(path: string): void {
  if (!lstatSync(path).isFIFO()) throw Object.assign(new Error(`${path} is not a FIFO`), {code: 'EEXIST'});
}

/** Removes a file, if possible. */
export function remove(path: string): void {
  try {
    rmSync(path, {force: true});
  } catch {
    // The disk accepts no change: the next caller that has to remove the file tries again.
  }
}

/** Returns the names of the pipes on disk. */
export function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder)
      .filter(file => file.endsWith(SUFFIX) && lstatSync(join(folder, file)).isFIFO())
      .map(file => file.slice(0, -SUFFIX.length));
  } catch {
    return []; // no pipe was ever made
  }
}

/** Removes the pipes of a fleet that was stopped. Other files stay. */
export function removePipes(fleetFolder: string): void {
  const folder = folderOf(fleetFolder);
  for (const name of namesIn(folder)) remove(join(folder, name + SUFFIX));
  try {
    rmdirSync(folder);
  } catch {
    // The folder does not exist, or something else is in it.
  }
}

/**
 * Returns a handle (O_PATH), to be closed, for a pipe whose name is gone, by a link to a worker's descriptor; null if
 * that is another file. Nothing of that file is queried: its file system may not answer.
 */
export function findUnnamed(pipes: string, link: string, name: string): number | null {
  const folder = openSync(pipes, O_PATH | constants.O_DIRECTORY);
  try {
    const found = openSync(link, O_PATH);
    // The number may be another file's by now, and that may have the same path on another file system.
    if (readlinkSync(own(found)) === `${join(readlinkSync(own(folder)), name + SUFFIX)} (deleted)`)
      if (mountOf(found) === mountOf(folder)) return found;
    closeSync(found);
    return null;
  } finally {
    closeSync(folder);
  }
}
