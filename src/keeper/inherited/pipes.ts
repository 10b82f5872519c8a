/**
 * Declared pipes: FIFOs in the fleet's folder, which this keeper holds open and never reads. Unread data stays in a
 * pipe as long as any process has it open; the next keeper finds the pipe in the queue or by its name.
 */
import {errorCode} from '../../base/errors.ts';
import {closeSync, constants, fchmodSync, lstatSync} from 'node:fs';
import {ChannelError} from '../files/channel-error.ts';
import type {EarlierPipes} from '../pipe-store/earlier.ts';
import type {GrantOf} from '../../link/channels.ts';
import type {InheritedKind, PrepareOptions} from './kind.ts';
import type {Holder} from './fetched-sockets.ts';
import {PipeCare} from './pipe-names.ts';
import {findUnnamed, folderOf, mustBeFifo, nameOf, namesIn, own, pipePath, realFolder, remove} from './pipe-files.ts';
import type {PipeStore} from '../pipe-store/store.ts';
import {makeFolder} from '../files/make-folder.ts';
import {mustLeaveRoom} from '../files/descriptor-reserve.ts';
import {openElsewhere} from '../../posix/elsewhere.ts';
import {closePipe, makeFifo} from '../../posix/fifo.ts';
import {letGo} from '../../posix/let-go.ts';

/** Reading and writing: an open in this mode does not block, and its holder is never without a peer (fifo(7)). */
const HOLD = constants.O_RDWR | constants.O_NONBLOCK;

function cantOpen(name: string, path: string, error: unknown): ChannelError {
  const code = errorCode(error);
  const why: Readonly<Record<string, string>> = {
    EEXIST: `${path} exists and is not a FIFO: remove it`,
    EMFILE: 'no free descriptor for it',
    ENFILE: 'no free descriptor for it',
    ENOSPC: `the disk is full: free space for ${path}`,
    EDQUOT: `the disk quota is used up: free space for ${path}`,
    EROFS: `the file system of ${path} is read-only`,
    EACCES: `${path} can't be opened by this user`,
  };
  return new ChannelError(`channel ${name}: ${why[code] ?? `${path} can't be created or opened`}`, code, error);
}

/** One lane per pipe: a wait for one pipe does not delay another. */
const laneOf = (name: string): string => `pipe ${name}`;
const asError = (error: unknown): Error => (error instanceof Error ? error : new Error(String(error)));

/** Returns a descriptor that was just opened, or an error if it leaves too few. */
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

type PipeGrant = GrantOf<'pipe'>;

export class Pipes implements InheritedKind<'pipe'> {
  readonly whySlow =
    'a process that writes to a pipe keeps others from opening it, perhaps because the file system of its data does not answer';
  readonly #folder: string;
  readonly #store: PipeStore;
  readonly #held = new Map<string, number>();
  /** By name of a pipe that is being opened: the waiting callbacks. */
  readonly #opening = new Map<string, ((held: number | Error) => void)[]>();
  /** Compares the names with the held pipes. */
  readonly care: PipeCare;

  constructor(fleetFolder: string, store: PipeStore) {
    this.#folder = folderOf(fleetFolder);
    this.#store = store;
    this.care = new PipeCare(this.#folder, this.#held);
  }

  /** Adopts the pipes that an earlier keeper made: at once if they are in the queue, else once they are open. */
  takeUp(earlier: EarlierPipes): void {
    const real = realFolder(this.#folder);
    for (const name of namesIn(this.#folder)) {
      // If the earlier keeper had another pipe, someone else gave its name to this one.
      const kept =
        earlier.takeDescriptor(pipePath(this.#folder, name), constants.O_RDWR) ??
        earlier.takeUnnamed(pipePath(real, name));
      if (kept !== null) this.#hold(name, kept);
      // The next run that is to inherit the pipe gets the error.
      else this.#openHeld(name, pipePath(this.#folder, name), () => {});
    }
    for (const path of earlier.unnamed) {
      const name = nameOf(real, path);
      const kept = name === null ? null : earlier.takeUnnamed(path);
      if (name !== null && kept !== null) this.#hold(name, kept);
    }
  }

  /**
   * Opens one descriptor of each pipe for a worker. Each is opened anew (with an open file description of its own, so a
   * worker that sets O_NONBLOCK sets it for no other process), blocking, and through the held descriptor: whatever has
   * become of the names, all have the same pipes. A thread opens them, since a process that writes to a pipe has its
   * lock.
   */
  async prepare(grants: readonly PipeGrant[], options: PrepareOptions): Promise<readonly number[]> {
    const ends: number[] = [];
    for (const {name} of grants) {
      const end = await new Promise<number | Error>(resolve => this.#openEnd(name, options, resolve));
      if (typeof end !== 'number') {
        letGo(ends);
        throw end instanceof ChannelError ? end : cantOpen(name, pipePath(this.#folder, name), end);
      }
      ends.push(end);
    }
    return ends;
  }

  mustPrepare(): boolean {
    return true;
  }

  open(_grants: readonly PipeGrant[], prepared: readonly number[]): readonly number[] {
    return prepared;
  }

  /**
   * Fetches pipes whose name is gone from a living worker of an earlier keeper; `first` is the number of its first
   * pipe.
   */
  fetch({pid}: Holder, grants: readonly PipeGrant[], first: number): void {
    for (const [at, {name}] of grants.entries()) {
      if (this.#held.has(name) || this.#opening.has(name)) continue;
      try {
        const found = findUnnamed(this.#folder, `/proc/${pid}/fd/${first + at}`, name);
        if (found !== null) this.#openHeld(name, own(found), () => closeSync(found));
      } catch {
        // The worker has none, or is unreadable: a pipe that is made anew is found by its name.
      }
    }
  }

  /** Closes and removes pipes that are no longer declared; running workers keep theirs. */
  keepOnly(grants: readonly PipeGrant[]): Promise<void> {
    const names = grants.map(({name}) => name);
    let isReleased = false;
    for (const name of [...this.#held.keys(), ...namesIn(this.#folder)]) {
      if (names.includes(name)) continue;
      const fd = this.#held.get(name);
      if (fd !== undefined) {
        this.#store.release(fd);
        closePipe(fd);
        isReleased = true;
      }
      this.#held.delete(name);
      this.#opening.delete(name);
      remove(pipePath(this.#folder, name));
    }
    // A pipe that is declared again is to be a new one.
    if (isReleased) this.#store.purge();
    return Promise.resolve();
  }

  #openEnd(name: string, {shared, isWanted}: PrepareOptions, done: (end: number | Error) => void): void {
    this.#whenHeld(name, held => {
      if (typeof held !== 'number') {
        done(held);
        return;
      }
      try {
        // The folder, which no other user may enter, excludes all processes without a descriptor.
        if (shared) fchmodSync(held, 0o666);
      } catch (error) {
        done(asError(error));
        return;
      }
      openElsewhere(own(held), constants.O_RDWR, laneOf(name), opened => done(withRoom(opened)), isWanted);
    });
  }

  /** Calls back with the held descriptor once it is open. Makes the pipe if there is none. */
  #whenHeld(name: string, done: (held: number | Error) => void): void {
    const held = this.#held.get(name);
    const waiting = this.#opening.get(name);
    if (held !== undefined) done(held);
    else if (waiting) waiting.push(done);
    else {
      const path = pipePath(this.#folder, name);
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
    openElsewhere(
      path,
      path === pipePath(this.#folder, name) ? HOLD | constants.O_NOFOLLOW : HOLD,
      laneOf(name),
      result => {
        opened();
        const held = withRoom(result);
        // Otherwise the pipe is no longer declared.
        const isWanted = this.#opening.get(name) === waiting;
        if (isWanted) this.#opening.delete(name);
        if (typeof held === 'number') {
          if (isWanted) this.#hold(name, held);
          else letGo([held]);
        }
        for (const done of waiting)
          done(isWanted ? held : new ChannelError(`channel ${name}: it is no longer declared`, 'ENOENT', null));
      },
    );
  }

  #hold(name: string, fd: number): void {
    this.#held.set(name, fd);
    this.#store.hold(fd);
    this.#store.flush();
  }
}
