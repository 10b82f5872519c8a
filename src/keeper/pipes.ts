/**
 * Declared pipes: FIFOs in the fleet's folder, which this keeper holds open and never reads. What was written and not
 * read stays in one as long as anybody has it open; the next keeper finds it in the queue or by its name.
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
import type {EarlierPipes} from './earlier-pipes.ts';
import type {PipeGrant} from './messages.ts';
import type {PipeStore} from './pipe-store.ts';
import {makeFolder} from './make-folder.ts';
import {mustLeaveRoom} from './room.ts';
import {openElsewhere} from '../posix/elsewhere.ts';
import {closePipe, makeFifo} from '../posix/fifo.ts';
import {letGo} from '../posix/let-go.ts';

const SUFFIX = '.fifo';
/** For reading and writing: to open a FIFO so waits for nobody, and whoever has it so is never without a peer (fifo(7)). */
const HOLD = constants.O_RDWR | constants.O_NONBLOCK;

const O_PATH = 0o10000000; // the same number on every architecture but alpha, parisc and sparc
const own = (fd: number): string => `/proc/self/fd/${fd}`;
/** The number of the mount that an open file lies on (proc(5), fdinfo). */
const mountOf = (fd: number): string | undefined =>
  /^mnt_id:\s*(\d+)/m.exec(readFileSync(`/proc/self/fdinfo/${fd}`, 'latin1'))?.[1];

const folderOf = (fleetFolder: string): string => join(fleetFolder, 'channels');

/** Throws where something else has that name. */
function mustBeFifo(path: string): void {
  if (!lstatSync(path).isFIFO()) throw Object.assign(new Error(`${path} is no FIFO`), {code: 'EEXIST'});
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

/** One at a time of each: who waits for one pipe keeps nobody from another. */
const laneOf = (name: string): string => `pipe ${name}`;
const asError = (error: unknown): Error => (error instanceof Error ? error : new Error(String(error)));

/** A descriptor that was just opened, unless it leaves too few. */
function withRoom(opened: number | Error): number | Error {
  if (typeof opened !== 'number') return opened;
  try {
    mustLeaveRoom([opened]);
    return opened;
  } catch (error) {
    letGo([opened]);
    return asError(error);
  }
}

export interface PipeOptions {
  /** Another user may open its end again. */
  readonly shared: boolean;
  /** Asked before another one is opened. */
  readonly isWanted: () => boolean;
}

export class Pipes {
  readonly #folder: string;
  readonly #store: PipeStore;
  readonly #held = new Map<string, number>();
  /** Those that are being opened: who waits for them. */
  readonly #opening = new Map<string, ((held: number | Error) => void)[]>();

  constructor(fleetFolder: string, store: PipeStore) {
    this.#folder = folderOf(fleetFolder);
    this.#store = store;
  }

  /** Takes up those that an earlier keeper made: at once where they are in the queue, else once they are open. */
  takeUp(earlier: EarlierPipes): void {
    for (const name of namesIn(this.#folder)) {
      const kept = earlier.take(this.#path(name), constants.O_RDWR);
      if (kept !== null) this.#hold(name, kept);
      // Whoever is to inherit it next is told of what goes wrong.
      else this.#openHeld(name, this.#path(name), () => {});
    }
  }

  /**
   * Gives a descriptor of each for a worker. They are opened anew (open file descriptions of their own, so a worker that sets
   * O_NONBLOCK sets it for nobody else), blocking, and through those that are held: whatever has become of the names, all have
   * the same pipes. A thread opens them, since whoever writes to one has its lock.
   *
   * @param options `shared`: a worker is another user than this one: it may open its descriptor again (`/dev/fd/3`)
   */
  open(
    grants: readonly PipeGrant[],
    options: PipeOptions,
    done: (ends: readonly number[] | ChannelError) => void,
  ): void {
    const ends: number[] = [];
    const next = ([grant, ...others]: readonly PipeGrant[]): void => {
      if (grant === undefined) {
        done(ends);
        return;
      }
      this.#openEnd(grant.name, options, end => {
        if (typeof end === 'number') {
          ends.push(end);
          next(others);
        } else {
          letGo(ends);
          done(end instanceof ChannelError ? end : cantOpen(grant.name, this.#path(grant.name), end));
        }
      });
    };
    next(grants);
  }

  /** Those whose name is gone, from a living worker of an earlier keeper; `first` is the number of its first pipe. */
  fetch(pid: number, grants: readonly PipeGrant[], first: number): void {
    for (const [at, {name}] of grants.entries()) {
      if (this.#held.has(name) || this.#opening.has(name)) continue;
      try {
        const found = this.#find(`/proc/${pid}/fd/${first + at}`, name);
        if (found !== null) this.#openHeld(name, own(found), () => closeSync(found));
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
      this.#opening.delete(name);
      remove(this.#path(name));
    }
  }

  /** Only what is proved to be that FIFO is to be opened: of another file, its file system would be asked, which may not answer. */
  #find(link: string, name: string): number | null {
    const folder = openSync(this.#folder, O_PATH | constants.O_DIRECTORY);
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

  #path(name: string): string {
    return join(this.#folder, name + SUFFIX);
  }

  #openEnd(name: string, {shared, isWanted}: PipeOptions, done: (end: number | Error) => void): void {
    this.#whenHeld(name, held => {
      if (typeof held !== 'number') {
        done(held);
        return;
      }
      try {
        // The folder, which nobody else may enter, keeps all out that have no descriptor.
        if (shared) fchmodSync(held, 0o666);
      } catch (error) {
        done(asError(error));
        return;
      }
      openElsewhere(own(held), constants.O_RDWR, laneOf(name), opened => done(withRoom(opened)), isWanted);
    });
  }

  /** Gives the descriptor that is held, once it is open; it is made where there is none. */
  #whenHeld(name: string, done: (held: number | Error) => void): void {
    const held = this.#held.get(name);
    const waiting = this.#opening.get(name);
    if (held !== undefined) done(held);
    else if (waiting) waiting.push(done);
    else {
      const path = this.#path(name);
      try {
        makeFolder(this.#folder);
        if (lstatSync(path, {throwIfNoEntry: false}) === undefined) makeFifo(path);
        mustBeFifo(path);
      } catch (error) {
        done(asError(error));
        return;
      }
      this.#openHeld(name, path, () => {});
      this.#opening.get(name)?.push(done);
    }
  }

  #openHeld(name: string, path: string, opened: () => void): void {
    const waiting: ((held: number | Error) => void)[] = [];
    this.#opening.set(name, waiting);
    openElsewhere(path, path === this.#path(name) ? HOLD | constants.O_NOFOLLOW : HOLD, laneOf(name), result => {
      opened();
      const held = withRoom(result);
      // Else it is not declared any more.
      const isWanted = this.#opening.get(name) === waiting;
      if (isWanted) this.#opening.delete(name);
      if (typeof held === 'number') {
        if (isWanted) this.#hold(name, held);
        else letGo([held]);
      }
      for (const done of waiting)
        done(isWanted ? held : new ChannelError(`channel ${name}: it is gone`, 'ENOENT', null));
    });
  }

  #hold(name: string, fd: number): void {
    this.#held.set(name, fd);
    this.#store.hold(fd);
    this.#store.flush();
  }
}
