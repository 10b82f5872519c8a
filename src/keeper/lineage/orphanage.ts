/**
 * Which process gets the orphans of a run: the keeper those of the runs that it started, the anchor those of the runs of
 * an earlier keeper (PR_SET_CHILD_SUBREAPER(2const)). Where the anchor of that time is gone, too, they have process 1 as
 * their parent, and parentage says nothing about them. Where the kernel refuses that flag, all have.
 *
 * What a later keeper must know of that lies in the fleet's folder.
 */
import {lstatSync, readFileSync, renameSync, rmSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {parentAnchor} from '../anchor/anchor.ts';
import {firstStartOf, type Run} from '../runs/run.ts';
import {subreaperRefusal} from '../../posix/process.ts';
import {bootId} from '../../process/proc-files.ts';
import {isShortage, readStat, startTimeOf} from '../../process/stat.ts';
import {isObject} from '../../base/json.ts';

/** `lost`: the process that had them is gone. */
export type Orphanage = 'keeper' | 'anchor' | 'lost';

interface Kept {
  readonly boot: string;
  /** Pid and start time of the anchor. */
  readonly anchor: string | null;
  /** Programs were run for workers by a controller (probes, hooks). */
  readonly helpers: boolean;
}

const identityOf = (pid: number | null): string | null => {
  const startTime = pid === null ? null : startTimeOf(pid);
  return startTime === null ? null : `${pid ?? ''} ${startTime}`;
};

const LOST =
  'the anchor of its time was lost with its keeper: a process that had left its worker by then is a child of process 1, where it is not looked for';

const HELPER = 'a program that the supervisor ran (a probe, a hook)';

function read(path: string): Kept | null {
  try {
    const found: unknown = JSON.parse(readFileSync(path, 'utf8'));
    if (!isObject(found)) return null;
    const {boot, anchor, helpers} = found;
    if (typeof boot !== 'string') return null;
    return {boot, anchor: typeof anchor === 'string' ? anchor : null, helpers: helpers !== false};
  } catch (error) {
    if (isShortage(error)) throw error;
    return null;
  }
}

export const orphanagePath = (folder: string): string => join(folder, 'orphanage.json');

/** What lies at the path, in one word; null: nothing. */
function markOf(path: string): string | null {
  const stats = lstatSync(path, {bigint: true, throwIfNoEntry: false});
  return stats === undefined ? null : [stats.dev, stats.ino, stats.size, stats.mtimeNs].join();
}

export class Orphanages {
  readonly #path: string;
  readonly #boot = bootId();
  readonly #selfStart = Number(startTimeOf(process.pid) ?? 0);
  /** The anchor that lives is the one that the earlier keepers of these runs had. */
  readonly #isSameAnchor: boolean;
  /** Runs whose main process was seen as a child of the anchor. */
  readonly #seen = new WeakSet<Run>();
  /** The error by which this process was refused the orphans below it; null: it gets them. */
  readonly refusal = subreaperRefusal();
  #helpers: boolean;
  /** Programs were run for workers under an anchor that is gone. */
  readonly #areHelpersLost: boolean;
  /** The file as this keeper has found or left it; null: there was none. */
  #mark: string | null;
  /** It could not be written. */
  #isBehind = false;
  /** What was wrong with it before this keeper, which is told at the first look. */
  #lost: string | null = null;

  /**
   * @param folder the fleet's
   * @param hasRuns whether an earlier keeper has left runs of this boot: where the file is gone with it, nobody knows what that one ran for them
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
      this.#lost = `${this.#path} was gone or damaged, and the keeper was lost that knew of it: less can be proved of the runs of its time`;
    this.#areHelpersLost = this.#helpers && before?.anchor !== anchor;
    if (before?.anchor !== anchor) this.#save();
  }

  /** Puts the file back where it is not what this keeper has found or left; answers what was wrong, in words. Throws what the file system refuses. */
  repairFile(): string | null {
    const found = markOf(this.#path);
    const isOwn = found === this.#mark;
    if (!isOwn || this.#isBehind) this.#write();
    const lost = this.#lost;
    this.#lost = null;
    return isOwn ? lost : `${this.#path} had been ${found === null ? 'removed' : 'changed'}`;
  }

  /** An adopted run is taken up: its main process shows who gets its orphans. */
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

  /** Why a process of the run that has lost its parent may be where nobody looks; null: the keeper or the anchor has it. */
  whyAstray(run: Run): string | null {
    if (this.of(run) === 'lost') return LOST;
    return this.refusal === null
      ? null
      : `the kernel refuses PR_SET_CHILD_SUBREAPER: a process that has left its worker and lost its parent is the child of a process outside of the fleet, where it is not looked for`;
  }

  /** Why what such a program as {@link noteHelper} tells of has left may be where nobody looks; null: nothing is. */
  whyHelpersAstray(): string | null {
    if (this.#areHelpersLost)
      return `${HELPER} may have left processes that are children of process 1 since the anchor of its time was lost`;
    return this.#helpers && this.refusal !== null
      ? `${HELPER} may have left processes that are children of a process outside of the fleet: the kernel refuses PR_SET_CHILD_SUBREAPER`
      : null;
  }

  /** The controller runs a program for a worker, which may leave orphans too: they are children of the keeper like those of runs. */
  noteHelper(): void {
    if (this.#helpers) return;
    this.#helpers = true;
    this.#save();
  }

  /** What other than a run may have left an orphan there, in words; null: nothing. */
  sharedWith(orphanage: Orphanage): string | null {
    if (this.#helpers) return HELPER;
    // Process 1 gets the orphans of all who come in from outside, too.
    const isFirst = process.pid === 1 || (orphanage === 'anchor' && parentAnchor() === 1);
    return isFirst ? 'something that was started in this container from outside' : null;
  }

  #save(): void {
    try {
      this.#write();
    } catch {
      // A full disk: the next look tries again. Until then a later keeper would call the anchor lost, and prove less.
      this.#isBehind = true;
    }
  }

  #write(): void {
    const kept: Kept = {boot: this.#boot, anchor: identityOf(parentAnchor()), helpers: this.#helpers};
    const made = `${this.#path}.${process.pid}`;
    writeFileSync(made, JSON.stringify(kept), {mode: 0o600});
    // A file can't take the name of a folder.
    if (lstatSync(this.#path, {throwIfNoEntry: false})?.isDirectory()) rmSync(this.#path, {recursive: true});
    const mark = markOf(made);
    renameSync(made, this.#path);
    this.#mark = mark;
    this.#isBehind = false;
  }
}
