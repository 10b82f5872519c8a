/**
 * The process that gets the orphans of a run: the keeper for runs that it started, the anchor for runs of an earlier
 * keeper (PR_SET_CHILD_SUBREAPER(2const)). If the anchor of that time is gone, too, process 1 is the parent of its
 * orphans, and parentage proves nothing about them. The same holds for all runs if the kernel refuses that flag.
 *
 * The facts that a later keeper needs are in the fleet's folder.
 */
import {lstatSync, readFileSync, renameSync, rmSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {parentAnchor} from '../anchor/anchor.ts';
import {firstStartOf, type Run} from '../runs/run.ts';
import {subreaperRefusal} from '../../posix/process.ts';
import {bootId} from '../../process/proc-files.ts';
import {isShortage, readStat, startTimeOf} from '../../process/stat.ts';
import {isObject} from '../../base/json.ts';

/** `lost`: the process that got the orphans is gone. */
export type Orphanage = 'keeper' | 'anchor' | 'lost';

interface Kept {
  readonly boot: string;
  /** Pid and start time of the anchor. */
  readonly anchor: string | null;
  /** Whether a controller has run programs for workers (probes, hooks). */
  readonly helpers: boolean;
}

const identityOf = (pid: number | null): string | null => {
  const startTime = pid === null ? null : startTimeOf(pid);
  return startTime === null ? null : `${pid ?? ''} ${startTime}`;
};

const LOST =
  'the anchor of this run was lost with its keeper: a process that had left its worker by then is a child of process 1, where brood does not search';

const HELPER = 'a program that the supervisor ran (a probe, a hook)';

function read(path: string): Kept | null {
  try {
    const found: unknown = JSON.parse(readFileSync(path, 'utf8'));
    if (!isObject(found)) return null;
    // Versions before 0.1 wrote `errands`.
    const {boot, anchor, helpers = found['errands']} = found;
    if (typeof boot !== 'string') return null;
    return {boot, anchor: typeof anchor === 'string' ? anchor : null, helpers: helpers !== false};
  } catch (error) {
    if (isShortage(error)) throw error;
    return null;
  }
}

export const orphanagePath = (folder: string): string => join(folder, 'orphanage.json');

/** Returns an identity of the file at the path; null if there is none. */
function markOf(path: string): string | null {
  const stats = lstatSync(path, {bigint: true, throwIfNoEntry: false});
  return stats === undefined ? null : [stats.dev, stats.ino, stats.size, stats.mtimeNs].join();
}

export class Orphanages {
  readonly #path: string;
  readonly #boot = bootId();
  readonly #selfStart = Number(startTimeOf(process.pid) ?? 0);
  /** Whether the living anchor is the one that the earlier keepers of these runs had. */
  readonly #isSameAnchor: boolean;
  /** Runs whose main process was seen as a child of the anchor. */
  readonly #seen = new WeakSet<Run>();
  /** The error with which the kernel refused to make this process a subreaper; null if it is one. */
  readonly refusal = subreaperRefusal();
  #helpers: boolean;
  /** Whether programs were run for workers under an anchor that is gone. */
  readonly #areHelpersLost: boolean;
  /** Identity of the file as this keeper has found or left it; null if there was none. */
  #mark: string | null;
  /** Whether the last write has failed. */
  #isBehind = false;
  /** Damage to the file from before this keeper, reported by the first check. */
  #lost: string | null = null;

  /**
   * @param folder the fleet's folder
   * @param hasRuns whether an earlier keeper has left runs of this boot: if the file is gone as well, the programs that
   * the keeper ran for them are unknown
   */
  constructor(folder: string, hasRuns: (boot: string) => boolean) {
    this.#path = orphanagePath(folder);
    this.#mark = markOf(this.#path);
    const kept = read(this.#path);
    const before = kept?.boot === this.#boot ? kept : null;
    const anchor = identityOf(parentAnchor());
    this.#isSameAnchor = anchor !== null && before?.anchor === anchor;
    this.#helpers = kept === null ? hasRuns(this.#boot) : (before?.helpers ?? false);
    if (kept === null && this.#helpers)
      this.#lost = `${this.#path} was missing or damaged, and the keeper that wrote it was lost: less can be proved about the runs of that keeper`;
    this.#areHelpersLost = this.#helpers && before?.anchor !== anchor;
    if (before?.anchor !== anchor) this.#save();
  }

  /**
   * Restores the file if it differs from what this keeper has found or left. Returns a description of the damage, or
   * null. Throws file system errors.
   */
  repairFile(): string | null {
    const found = markOf(this.#path);
    const isOwn = found === this.#mark;
    if (!isOwn || this.#isBehind) this.#write();
    const lost = this.#lost;
    this.#lost = null;
    return isOwn ? lost : `${this.#path} was ${found === null ? 'removed' : 'changed'}`;
  }

  /** Adopts a run: the parent of its main process shows which process gets its orphans. */
  takeUp(run: Run): void {
    const anchor = parentAnchor();
    const main = run.pid === null || anchor === null ? null : readStat(run.pid);
    if (main !== null && main.startTime === run.startTime && main.ppid === anchor) this.#seen.add(run);
  }

  of(run: Run): Orphanage {
    if (!run.adopted || run.child) return 'keeper';
    const start = firstStartOf(run);
    // After execve(2) the keeper is the same process.
    if (start !== null && start >= this.#selfStart) return 'keeper';
    return parentAnchor() !== null && (this.#isSameAnchor || this.#seen.has(run)) ? 'anchor' : 'lost';
  }

  /**
   * Returns why a process of the run that has lost its parent may be where no search looks; null if the keeper or the
   * anchor has it.
   */
  whyAstray(run: Run): string | null {
    if (this.of(run) === 'lost') return LOST;
    return this.refusal === null
      ? null
      : `the kernel refuses PR_SET_CHILD_SUBREAPER: a process that has left its worker and lost its parent is a child of a process outside the fleet, where brood does not search`;
  }

  /** Returns why leftovers of a program ({@link noteHelper}) may be where no search looks; null if none are. */
  whyHelpersAstray(): string | null {
    if (this.#areHelpersLost)
      return `${HELPER} may have left processes that became children of process 1 when the anchor was lost`;
    return this.#helpers && this.refusal !== null
      ? `${HELPER} may have left processes that are children of a process outside the fleet: the kernel refuses PR_SET_CHILD_SUBREAPER`
      : null;
  }

  /**
   * Records that the controller runs a program for a worker. The program may leave orphans, too: they become children
   * of the keeper like those of runs.
   */
  noteHelper(): void {
    if (this.#helpers) return;
    this.#helpers = true;
    this.#save();
  }

  /** Returns what other than a run may have left an orphan there, or null. */
  sharedWith(orphanage: Orphanage): string | null {
    if (this.#helpers) return HELPER;
    // Process 1 also gets the orphans of processes that enter from outside.
    const isFirst = process.pid === 1 || (orphanage === 'anchor' && parentAnchor() === 1);
    return isFirst ? 'a process that was started in this container from outside' : null;
  }

  #save(): void {
    try {
      this.#write();
    } catch {
      // A full disk: the next check tries again. Until then a later keeper would take the anchor for lost, and prove
      // less.
      this.#isBehind = true;
    }
  }

  #write(): void {
    const kept: Kept = {boot: this.#boot, anchor: identityOf(parentAnchor()), helpers: this.#helpers};
    const made = `${this.#path}.${process.pid}`;
    writeFileSync(made, JSON.stringify(kept), {mode: 0o600});
    // rename(2) can't put a file in the place of a folder.
    if (lstatSync(this.#path, {throwIfNoEntry: false})?.isDirectory()) rmSync(this.#path, {recursive: true});
    const mark = markOf(made);
    renameSync(made, this.#path);
    this.#mark = mark;
    this.#isBehind = false;
  }
}
