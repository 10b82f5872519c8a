/**
 * The fleet's folder, kept intact while this keeper lives: each sweep compares held files with those at their paths and
 * restores them. A folder that can't be restored ends the fleet, since no later keeper could find its runs.
 */
import {errorCode, messageOf} from '../../base/errors.ts';
import {mkdirSync} from 'node:fs';
import {join} from 'node:path';
import type {CodeCare} from '../code/watch.ts';
import {HeldFile} from '../files/held.ts';
import type {Lock} from './lock.ts';
import {putFile} from '../../home/copy.ts';
import {placeAt} from '../../home/place.ts';
import {followOutput} from '../../posix/output-file.ts';
import {isShortage} from '../../process/stat.ts';

/** Errors that may be over at the next sweep: no room, no descriptor, a disk that stutters. */
const PASSING = new Set<unknown>(['ENOSPC', 'EDQUOT', 'EIO', 'EINTR', 'EAGAIN', 'EBUSY', 'ETXTBSY', 'ESTALE']);
/**
 * Sweeps that must find that the folder can't be restored: one may fall between two steps of a process that changes it.
 */
const HOPELESS = 2;
const FLEET = 'fleet.json';
/** Messages of anchor, keeper and controller. */
const LOG = 'supervisor.log';

export interface FolderCareHost {
  /** The fleet's folder. */
  readonly folder: string;
  /** Whether standard error goes to the fleet's log; false in a container whose first process is the anchor. */
  readonly isLogged: boolean;
  readonly lock: Lock;
  readonly code: CodeCare;
  /**
   * Further parts by their name in events: each returns a description of what it has restored, or null, and throws if
   * that is not possible.
   */
  readonly parts: Readonly<Record<string, () => string | null>>;
  /** Returns whether a run lives that this keeper holds. */
  readonly hasRuns: () => boolean;
  /** Reports something that was restored. */
  readonly repaired: (what: string, message: string) => void;
  /** Reports that another keeper has this fleet. */
  readonly taken: (by: number) => void;
  /** Reports why the folder can't be restored. */
  readonly lost: (message: string) => void;
  readonly logError: (message: string) => void;
}

const isPassing = (error: unknown): boolean => isShortage(error) || PASSING.has(errorCode(error));

export class FolderCare {
  readonly #host: FolderCareHost;
  #fleet: HeldFile | null = null;
  #failures = 0;
  /** The last problem that was logged, by part: logged again only when it changes. */
  readonly #said = new Map<string, string>();
  #over = false;

  constructor(host: FolderCareHost) {
    this.#host = host;
  }

  /**
   * Checks the programs before any is started from the copy.
   *
   * @param isFresh whether the maker of the copy has just verified it
   */
  begin(isFresh: boolean): void {
    const {code} = this.#host;
    this.#part(LOG, () => this.#lookAtLog());
    this.#part('code', () => (isFresh ? code.trust() : code.begin()));
    this.#part(FLEET, () => this.#lookAtFleet());
  }

  /** Compares the folder with what is held, and restores it. */
  repairFolder(): void {
    if (this.#over) return;
    try {
      this.#repairFolder();
      if (!this.#repairLock()) return;
      this.#failures = 0;
    } catch (error) {
      this.#fail(error);
      return;
    }
    const {parts, code} = this.#host;
    this.#part(LOG, () => this.#lookAtLog());
    for (const [what, repair] of Object.entries(parts)) this.#part(what, repair);
    this.#part(FLEET, () => this.#lookAtFleet());
    this.#part('code', () => code.repairChanged());
  }

  /** Stops repairs because the fleet ends: later removals are final. */
  close(): void {
    this.#over = true;
    this.#fleet?.close();
    this.#fleet = null;
    this.#host.code.close();
  }

  #repairFolder(): void {
    const {folder, repaired} = this.#host;
    const place = placeAt(folder);
    if (place === null) {
      // Parent folders are not restored: to remove them is to remove the fleet's place.
      mkdirSync(folder, {mode: 0o700});
      repaired('folder', `${folder} was removed`);
    } else if (place.kind !== 'folder' || place.uid !== process.geteuid?.()) {
      throw new Error(`${folder} is no longer a folder of this user`);
    }
  }

  /** Returns false if another keeper has the fleet. */
  #repairLock(): boolean {
    const {lock, hasRuns, repaired, taken} = this.#host;
    const state = lock.repairLock(hasRuns());
    if (state.kind === 'repaired') repaired('lock', state.message);
    if (state.kind !== 'taken') return true;
    this.close();
    taken(state.by);
    return false;
  }

  /**
   * Reopens the log for this process and those that it starts from now on. The controller checks its own descriptors.
   */
  #lookAtLog(): string | null {
    const {folder, isLogged} = this.#host;
    const path = join(folder, LOG);
    return isLogged && followOutput(path) ? `${path} was removed or replaced` : null;
  }

  /** Restores the text that `up` was given, for the next controller. */
  #lookAtFleet(): string | null {
    const path = join(this.#host.folder, FLEET);
    const found = this.#fleet?.comparePath();
    if (found === 'same') return null;
    const held = this.#fleet;
    const isGone = found === 'gone' && held !== null && held.isWhole;
    if (isGone) putFile(this.#host.folder, {name: FLEET, path: held.source}, {sync: false});
    // The controller has restored the file, or has to judge a changed text.
    const next = new HeldFile(path);
    held?.close();
    this.#fleet = next;
    return isGone ? `${path} was removed` : null;
  }

  #part(what: string, look: () => string | null): void {
    const {repaired, logError} = this.#host;
    try {
      const message = look();
      if (message !== null) repaired(what, message);
      this.#said.delete(what);
    } catch (error) {
      const message = messageOf(error);
      if (this.#said.get(what) !== message) logError(`${what} can't be restored: ${message}`);
      this.#said.set(what, message);
    }
  }

  #fail(error: unknown): void {
    const {folder, lost, logError} = this.#host;
    const message = messageOf(error);
    if (isPassing(error)) {
      if (this.#said.get(folder) !== message) logError(`${folder} can't be restored yet: ${message}`);
      this.#said.set(folder, message);
      return;
    }
    if (++this.#failures < HOPELESS) return;
    this.close();
    lost(`${folder} can't be restored (${message})`);
  }
}
