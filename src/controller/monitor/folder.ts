/**
 * Restores the controller's files in the fleet's folder: each sweep compares the state, the journal and `fleet.json`
 * with what was written. The keeper restores the other files (src/keeper/folder/folder.ts).
 */
import {messageOf} from '../../base/errors.ts';
import {lstatSync, readFileSync, renameSync, rmSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {logError, noteRepaired} from '../turn/stderr.ts';
import type {Engine} from '../turn/engine.ts';
import type {Journal} from '../../journal/writer.ts';
import type {SnapshotFile} from '../state/snapshot-file.ts';
import type {Launch} from '../state/launch.ts';
import {inFolder} from '../../control/folder.ts';
import {followOutput} from '../../posix/output-file.ts';

export interface FolderCareHost {
  readonly folder: string;
  /** Whether standard error goes to the fleet's log. */
  readonly isLogged: boolean;
  readonly engine: Engine;
  readonly journal: Journal;
  readonly snapshot: SnapshotFile;
  readonly launch: Launch;
}

export class FolderCare {
  readonly #host: FolderCareHost;
  /** The identity of `fleet.json` when it was last known to be intact. */
  #sound: string | null;
  #said = new Map<string, string>();

  constructor(host: FolderCareHost) {
    this.#host = host;
    // The controller may have found the file damaged and started without it.
    this.#sound = isSame(inFolder.fleet(host.folder), host.launch) ? this.#mark() : null;
  }

  repairFiles(): void {
    this.#part('supervisor.log', () => this.#lookAtLog());
    this.#part('fleet.json', () => this.#lookAtFleet());
    this.#part('snapshot', () => this.#lookAtSnapshot());
    this.#part('journal', () => this.#host.journal.repairFile());
  }

  #part(what: string, look: () => string | null): void {
    try {
      const found = look();
      if (found !== null) noteRepaired(this.#host.engine, what, found);
      this.#said.delete(what);
    } catch (error) {
      const message = messageOf(error);
      if (this.#said.get(what) !== message) logError(`${what} can't be restored`, message);
      this.#said.set(what, message);
    }
  }

  /** The keeper does the same for its own output, and reports it. */
  #lookAtLog(): null {
    const {folder, isLogged} = this.#host;
    if (isLogged) followOutput(join(folder, 'supervisor.log'));
    return null;
  }

  #lookAtSnapshot(): string | null {
    const {engine, snapshot} = this.#host;
    // A failed commit is retried by the next caller that needs something recorded.
    if (engine.commitError !== null) return null;
    const wrong = snapshot.findProblem();
    if (wrong === null) return null;
    snapshot.giveUp();
    return engine.recommit() ? wrong : null;
  }

  #lookAtFleet(): string | null {
    const {folder, launch} = this.#host;
    const path = inFolder.fleet(folder);
    const mark = this.#mark();
    if (mark !== null && mark === this.#sound) return null;
    const text = JSON.stringify(launch);
    if (mark !== null && isSame(path, launch)) {
      this.#sound = mark;
      return null;
    }
    const made = `${path}.${process.pid}`;
    rmSync(made, {recursive: true, force: true});
    writeFileSync(made, text, {mode: 0o600, flag: 'wx'});
    renameSync(made, path);
    this.#sound = this.#mark();
    return `${path} was ${mark === null ? 'removed' : 'changed'}`;
  }

  /** Returns the identity of the file, or null if it is missing. */
  #mark(): string | null {
    const stats = lstatSync(inFolder.fleet(this.#host.folder), {bigint: true, throwIfNoEntry: false});
    return stats?.isFile() ? `${stats.dev} ${stats.ino} ${stats.size} ${stats.mtimeNs}` : null;
  }
}

/** Returns whether the file is intact and of this launch. */
function isSame(path: string, {launch}: Launch): boolean {
  try {
    const found: unknown = JSON.parse(readFileSync(path, 'utf8'));
    return typeof found === 'object' && found !== null && 'launch' in found && found.launch === launch;
  } catch {
    return false;
  }
}
