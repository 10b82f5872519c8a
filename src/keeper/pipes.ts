/**
 * Declared pipes: FIFOs in the fleet's folder, which this keeper holds open and never reads. What was written and not
 * read stays in one as long as anybody has it open; the next keeper opens it by its name.
 */
import {
  closeSync,
  constants,
  fchmodSync,
  lstatSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmdirSync,
  rmSync,
} from 'node:fs';
import {join} from 'node:path';
import {ChannelError, codeOf} from './channel-error.ts';
import type {PipeGrant} from './messages.ts';
import type {PipeStore} from './pipe-store.ts';
import {makeFolder} from './make-folder.ts';
import {mustLeaveRoom} from './room.ts';
import {closePipe, makeFifo} from '../posix/fifo.ts';

const SUFFIX = '.fifo';
/** For reading and writing: to open a FIFO so waits for nobody, and whoever has it so is never without a peer (fifo(7)). */
const HOLD = constants.O_RDWR | constants.O_NONBLOCK | constants.O_NOFOLLOW;

const O_PATH = 0o10000000; // the same number on every architecture but alpha, parisc and sparc
const own = (fd: number): string => `/proc/self/fd/${fd}`;
/** The number of the mount that an open file lies on (proc(5), fdinfo). */
const mountOf = (fd: number): string | undefined =>
  /^mnt_id:\s*(\d+)/m.exec(readFileSync(`/proc/self/fdinfo/${fd}`, 'latin1'))?.[1];

const folderOf = (fleetFolder: string): string => join(fleetFolder, 'channels');

/** Throws where something else has that name. */
function openFifo(path: string): number {
  if (!lstatSync(path).isFIFO()) throw Object.assign(new Error(`${path} is no FIFO`), {code: 'EEXIST'});
  const fd = openSync(path, HOLD);
  try {
    mustLeaveRoom([fd]);
    return fd;
  } catch (error) {
    closeSync(fd);
    throw error;
  }
}

function cantOpen(name: string, path: string, error: unknown): ChannelError {
  const code = codeOf(error);
  const why: Readonly<Record<string, string>> = {
    EEXIST: `${path} is there and is no FIFO: remove it`,
    EMFILE: 'no descriptor is left for it',
    ENFILE: 'no descriptor is left for it',
    ENOSPC: `the disk is full: make room for ${path}`,
    EDQUOT: `the disk quota is used up: make room for ${path}`,
    EROFS: `the file system of ${path} can't be written`,
    EACCES: `${path} may not be opened by this user`,
  };
  return new ChannelError(`channel ${name}: ${why[code] ?? `${path} can't be made or opened`}`, code, error);
}

function remove(path: string): void {
  try {
    rmSync(path, {force: true});
  } catch {
    // A disk that takes no change: whoever has to remove it next tries again.
  }
}

/** The names of the pipes that lie on disk. */
function namesIn(folder: string): string[] {
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

export class Pipes {
  readonly #folder: string;
  readonly #store: PipeStore;
  readonly #held = new Map<string, number>();

  constructor(fleetFolder: string, store: PipeStore) {
    this.#folder = folderOf(fleetFolder);
    this.#store = store;
  }

  /** Opens those that an earlier keeper made. */
  takeUp(): void {
    for (const name of namesIn(this.#folder)) {
      try {
        this.#hold(name, openFifo(this.#path(name)));
      } catch {
        // Whoever is to inherit it next is told.
      }
    }
  }

  /**
   * A descriptor for a worker, to be closed after the spawn. It is opened anew (an open file description of its own, so
   * a worker that sets O_NONBLOCK sets it for nobody else), blocking, and through the one that is held: whatever has
   * become of the name, all have the same pipe. Throws ChannelError.
   *
   * @param shared a worker is another user than this one: it may open its descriptor again (`/dev/fd/3`)
   */
  open({name}: PipeGrant, shared: boolean): number {
    let fd: number | null = null;
    try {
      const held = this.#held.get(name) ?? this.#make(name);
      // The folder, which nobody else may enter, keeps all out that have no descriptor.
      if (shared) fchmodSync(held, 0o666);
      fd = openSync(`/proc/self/fd/${held}`, constants.O_RDWR);
      mustLeaveRoom([fd]);
      return fd;
    } catch (error) {
      if (fd !== null) closeSync(fd);
      throw error instanceof ChannelError ? error : cantOpen(name, this.#path(name), error);
    }
  }

  /** Those whose name is gone, from a living worker of an earlier keeper; `first` is the number of its first pipe. */
  fetch(pid: number, grants: readonly PipeGrant[], first: number): void {
    for (const [at, {name}] of grants.entries()) {
      if (this.#held.has(name)) continue;
      try {
        const fd = this.#fetchOne(`/proc/${pid}/fd/${first + at}`, name);
        if (fd !== null) this.#hold(name, fd);
      } catch {
        // It has none, or may not be looked into: a pipe that is made anew is found by its name.
      }
    }
  }

  /** Closes and removes those that are not declared any more; workers that run keep theirs. */
  keepOnly(names: readonly string[]): void {
    for (const name of [...this.#held.keys(), ...namesIn(this.#folder)]) {
      if (names.includes(name)) continue;
      const fd = this.#held.get(name);
      if (fd !== undefined) {
        this.#store.release(fd);
        closePipe(fd);
      }
      this.#held.delete(name);
      remove(this.#path(name));
    }
  }

  /** Only what is proved to be that FIFO is opened: of another file, its file system would be asked, which may not answer. */
  #fetchOne(link: string, name: string): number | null {
    const folder = openSync(this.#folder, O_PATH | constants.O_DIRECTORY);
    try {
      const found = openSync(link, O_PATH);
      try {
        // Its number may be another file's by now, and that may have the same path on another file system.
        if (readlinkSync(own(found)) !== `${join(readlinkSync(own(folder)), name + SUFFIX)} (deleted)`) return null;
        if (mountOf(found) !== mountOf(folder)) return null;
        const fd = openSync(own(found), constants.O_RDWR | constants.O_NONBLOCK);
        try {
          mustLeaveRoom([fd]);
          return fd;
        } catch (error) {
          closeSync(fd);
          throw error;
        }
      } finally {
        closeSync(found);
      }
    } finally {
      closeSync(folder);
    }
  }

  #path(name: string): string {
    return join(this.#folder, name + SUFFIX);
  }

  #make(name: string): number {
    const path = this.#path(name);
    makeFolder(this.#folder);
    if (lstatSync(path, {throwIfNoEntry: false}) === undefined) makeFifo(path);
    const fd = openFifo(path);
    this.#hold(name, fd);
    this.#store.flush();
    return fd;
  }

  #hold(name: string, fd: number): void {
    this.#held.set(name, fd);
    this.#store.hold(fd);
  }
}
