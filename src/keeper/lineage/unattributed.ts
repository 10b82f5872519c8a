/**
 * Orphans that neither the process connector nor a sign of their own attributes to a run: they have left their cgroup,
 * session and environment. They are attributed by exclusion if one run alone may own them (attribution.ts); until then
 * no run that may own such an orphan is proved gone.
 */
import {attribute, type Attribution, type Suspect} from './attribution.ts';
import {listed} from './listed.ts';
import {orphansOf} from './orphans-of.ts';
import {parentAnchor} from '../anchor/anchor.ts';
import type {Descendants} from './descendants.ts';
import {HiddenChildren} from './hidden-children.ts';
import {certainRunOf, runOfOrphan} from './members.ts';
import type {Doubt} from '../../base/proof.ts';
import type {Orphanage, Orphanages} from './orphanage.ts';
import type {Runs} from '../runs/runs.ts';
import {firstStartOf, isOver, type Run} from '../runs/run.ts';
import {childrenOf} from '../../process/proc-files.ts';
import {isHidden} from '../../process/hidepid.ts';
import {hasEnded, isShortage, readStat, type Stat} from '../../process/stat.ts';

/** The most orphans that are examined one by one. A worker may make any number, and each is compared with all runs. */
const MOST_STRAYS = 64;

export interface UnattributedHost {
  readonly runs: Runs;
  readonly orphanages: Orphanages;
  descendants(): Descendants | null;
  /** Starts to follow forks, if possible: an orphan that has left its run was found. */
  followForks(): void;
  /** Returns whether this process waits for that child of its own, which is no run's orphan. */
  isOwn(pid: number): boolean;
  /** Returns whether the main process of the run has ended and the rest is being ended. */
  isSettling(run: Run): boolean;
  /** Returns whether an earlier image of this process has followed the process as one of the run. */
  isHidden(run: Run, stat: Stat): boolean;
  give(stat: Stat, run: Run): void;
}

interface Stray {
  readonly stat: Stat;
  readonly orphanage: Orphanage;
  /** Runs that followed forks rule out. */
  readonly excluded: ReadonlySet<Run>;
}

/** A run of which a process may live. */
interface LivingRun extends Suspect {
  readonly run: Run;
}

const isSame = (a: Stat, b: Stat | null): b is Stat => b !== null && a.startTime === b.startTime && !hasEnded(b);

export class Unattributed {
  readonly #host: UnattributedHost;
  readonly #strays = new Map<number, Stray>();
  /** Orphans beyond MOST_STRAYS, by pid: they take the places of those that end. */
  readonly #waiting = new Map<number, Stray>();
  /** Orphans of which nothing is readable. */
  readonly hidden: HiddenChildren;
  /** Runs whose end was judged. */
  readonly #judged = new WeakSet<Run>();

  constructor(host: UnattributedHost) {
    this.#host = host;
    this.hidden = new HiddenChildren({
      descendants: () => host.descendants(),
      followForks: () => host.followForks(),
      living: () => this.#living().map(({run}) => run),
      orphanageOf: run => host.orphanages.of(run),
    });
  }

  /**
   * Attributes an orphan of this process that nothing else assigns to a run. Returns the only run that may own it, or
   * null.
   */
  attribute(stat: Stat): Run | null {
    // An orphan that lived too briefly to be found alive is no reason to follow forks.
    if (!hasEnded(stat)) this.#host.followForks();
    const stray = this.#strayOf(stat, 'keeper');
    const owner = this.#ownerOf(stray, this.#living());
    if (owner === null && !hasEnded(stat)) this.#note(stray);
    return owner;
  }

  /** Removes an orphan that has ended and was reaped. */
  ended(pid: number): void {
    this.#strays.delete(pid);
    this.#waiting.delete(pid);
    this.hidden.ended(pid);
  }

  /** Examines the orphans of earlier keepers' runs, which fall to the anchor. */
  lookAtAnchor(): void {
    const anchor = parentAnchor();
    const living = this.#living();
    if (anchor === null || !living.some(({run}) => this.#host.orphanages.of(run) === 'anchor')) return;
    if (anchor !== 1) this.#noteHiddenOf(anchor);
    const descendants = this.#host.descendants();
    for (const stat of orphansOf(anchor, this.#host)) {
      if (this.#strays.has(stat.pid) || this.#waiting.has(stat.pid) || this.#isKnownOrphan(stat)) continue;
      const run = descendants?.runOf(stat.pid) ?? runOfOrphan(stat, this.#host.runs);
      if (run && !isOver(run)) {
        this.#host.give(stat, run);
        continue;
      }
      // As process 1, the anchor has children that never belonged to this fleet.
      if (anchor !== 1) this.#host.followForks();
      const stray = this.#strayOf(stat, 'anchor');
      const owner = this.#ownerOf(stray, living);
      if (owner === null) this.#note(stray);
      else this.#host.give(stat, owner);
    }
  }

  /** Attributes orphans that only one remaining run may own, and forgets orphans of the anchor that are gone. */
  settle(): void {
    if (this.#strays.size === 0) return;
    const living = this.#living();
    for (const [pid, stray] of this.#strays) {
      if (!isSame(stray.stat, readStat(pid))) {
        if (stray.orphanage === 'anchor') this.#strays.delete(pid);
        continue;
      }
      const owner = this.#ownerOf(stray, living);
      if (owner !== null) this.#give(stray, owner);
    }
    for (const [pid, stray] of this.#waiting) {
      if (this.#strays.size >= MOST_STRAYS) break;
      this.#waiting.delete(pid);
      if (isSame(stray.stat, readStat(pid))) this.#strays.set(pid, stray);
    }
  }

  /**
   * Returns all that may be left of a run that is being ended. Orphans that only such runs may own become the run's, to
   * be ended with it; then the result is null, and the run is to be examined again.
   */
  doubtsOf(run: Run): Doubt[] | null {
    const doubts: Doubt[] = [];
    let isGiven = false;
    const living = this.#strays.size > 0 ? this.#living() : [];
    for (const stray of this.#strays.values()) {
      const {stat} = stray;
      if (!this.#mayOwn(run, stray) || !isSame(stat, readStat(stat.pid))) continue;
      const {suspects} = this.#attributionOf(stray, living);
      const others = suspects.filter(one => one.run !== run);
      if (!this.#isShared(stray) && others.every(one => this.#host.isSettling(one.run))) {
        this.#give(stray, run);
        isGiven = true;
      } else doubts.push(this.#doubtOf(stray, others));
    }
    if (isGiven) return null;
    if (this.#waiting.size > 0 && [...this.#waiting.values()].some(stray => this.#mayOwn(run, stray))) {
      const words = `${this.#waiting.size} more orphans without any trace of their worker may belong to it`;
      doubts.push({pid: null, startTime: null, words});
    }
    const words = [this.hidden.doubtOf(run), this.whyAstray(run)].filter(one => one !== null);
    return [...doubts, ...words.map(one => ({pid: null, startTime: null, words: one}))];
  }

  /** Returns why processes of a run may live where no search looks; null if none can. */
  whyAstray(run: Run): string | null {
    if (run.pid === null && !run.adopted) return null;
    // All descendants of the run are known then, wherever they are.
    return run.lineage !== null && run.lineage.gap === null ? null : this.#host.orphanages.whyAstray(run);
  }

  /** Describes the living orphans that nothing assigns to a run. */
  left(): string[] {
    try {
      return this.#left();
    } catch (error) {
      if (!isShortage(error)) throw error;
      return ['not all processes could be read when the fleet had ended, for lack of descriptors or memory'];
    }
  }

  #left(): string[] {
    const strays = [...this.#strays.values(), ...this.#waiting.values()].filter(({stat}) =>
      isSame(stat, readStat(stat.pid)),
    );
    const named = listed(strays.map(({stat}) => `${stat.pid} ${stat.comm}`));
    const hidden = this.hidden.words();
    return [...(strays.length > 0 ? [`${named} may belong to it`] : []), ...(hidden === null ? [] : [hidden])];
  }

  judged(run: Run): void {
    this.#judged.add(run);
  }

  /**
   * Returns why a run whose forks are followed from now on may have processes that were not found; null if it has none.
   */
  gapOf(run: Run): string | null {
    const {orphanages} = this.#host;
    const orphanage = orphanages.of(run);
    const astray = orphanages.whyAstray(run);
    if (astray !== null) return astray;
    const holder = orphanage === 'keeper' ? process.pid : parentAnchor();
    if (holder === null) return null;
    const first = firstStartOf(run) ?? 0;
    const uncertain = orphansOf(holder, this.#host).find(
      stat =>
        Number(stat.startTime) >= first && certainRunOf(stat, this.#host.runs) === undefined && !this.#isHidden(stat),
    );
    return uncertain === undefined
      ? null
      : `${uncertain.pid} ${uncertain.comm} had lost its parent before fork tracking began, and only its environment or its output identifies its worker`;
  }

  /** Returns what can't be proved while these orphans live, one sentence for each. */
  weaker(): string[] {
    const living = this.#living();
    return [...this.#strays.values()].flatMap(stray => {
      const {suspects} = this.#attributionOf(stray, living);
      if (suspects.length === 0) return [];
      const {pid, comm} = stray.stat;
      const ids = listed(suspects.map(({id}) => id));
      return `while ${pid} (${comm}) lives, a stop does not prove that nothing is left of ${ids}: it has lost its parent and left its worker's cgroup, session and environment, so it may belong to ${suspects.length === 1 ? 'it' : 'any of them'}`;
    });
  }

  #doubtOf({stat, orphanage}: Stray, others: readonly LivingRun[]): Doubt {
    const {pid, startTime, comm} = stat;
    const shared = this.#host.orphanages.sharedWith(orphanage);
    const also = [
      ...(others.length > 0 ? [listed(others.map(({id}) => id))] : []),
      ...(shared === null ? [] : [shared]),
    ];
    return {
      pid,
      startTime,
      words: `${pid} ${comm} may belong to it: it has lost its parent and every trace of its worker, and may also belong to ${also.join(' or ')}`,
    };
  }

  #give({stat}: Stray, run: Run): void {
    this.#strays.delete(stat.pid);
    this.#host.give(stat, run);
  }

  #isShared({orphanage}: Stray): boolean {
    return this.#host.orphanages.sharedWith(orphanage) !== null;
  }

  #note(stray: Stray): void {
    (this.#strays.size < MOST_STRAYS ? this.#strays : this.#waiting).set(stray.stat.pid, stray);
  }

  #ownerOf(stray: Stray, living: readonly LivingRun[]): Run | null {
    return this.#attributionOf(stray, living).owner?.run ?? null;
  }

  /** Returns whether a run may own an orphan, regardless of its age. */
  #isPossible(run: Run, {orphanage, excluded}: Stray): boolean {
    return !excluded.has(run) && this.#host.orphanages.of(run) === orphanage;
  }

  #mayOwn(run: Run, stray: Stray): boolean {
    return this.#isPossible(run, stray) && (firstStartOf(run) ?? 0) <= Number(stray.stat.startTime);
  }

  #attributionOf(stray: Stray, living: readonly LivingRun[]): Attribution<LivingRun> {
    const possible = living.filter(({run}) => this.#isPossible(run, stray));
    return attribute(Number(stray.stat.startTime), possible, this.#isShared(stray));
  }

  #strayOf(stat: Stat, orphanage: Orphanage): Stray {
    const descendants = this.#host.descendants();
    const excluded = this.#living().filter(({run}) => descendants?.excludes(run, stat.pid, Number(stat.startTime)));
    return {stat, orphanage, excluded: new Set(excluded.map(({run}) => run))};
  }

  #living(): LivingRun[] {
    const living: LivingRun[] = [];
    for (const run of this.#host.runs.all()) {
      if (isOver(run) || this.#judged.has(run) || (run.pid === null && !run.adopted)) continue;
      living.push({token: run.token, id: run.id, startTicks: firstStartOf(run), run});
    }
    return living;
  }

  #noteHiddenOf(anchor: number): void {
    for (const pid of childrenOf(anchor)) {
      if (pid === process.pid || this.#host.isOwn(pid) || this.#host.runs.ofPid(pid)?.exit === null) continue;
      if (isHidden(pid)) this.hidden.note(pid, 'anchor');
    }
  }

  #isKnownOrphan({pid, startTime}: Stat): boolean {
    for (const {orphans} of this.#host.runs.all()) if (orphans.get(pid) === startTime) return true;
    return false;
  }

  #isHidden(stat: Stat): boolean {
    for (const run of this.#host.runs.all()) if (this.#host.isHidden(run, stat)) return true;
    return false;
  }
}
