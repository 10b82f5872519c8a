/**
 * Handles SIGCHLD: ends of main processes and of adopted orphans, stops and continues. libuv waits for the processes
 * that it has spawned itself (the controller), so waitid must never reap one of those.
 */
import type {RunEvents} from '../runs/events.ts';
import {happen} from '../runs/life.ts';
import type {Descendants} from './descendants.ts';
import {runOfOrphan, type ProcessScan} from './members.ts';
import type {FormerParent, OrphanFact} from '../../link/facts.ts';
import type {Runs} from '../runs/runs.ts';
import type {Run} from '../runs/run.ts';
import {nextStopped, peekEnded, reap, type Ended} from '../../posix/wait.ts';
import {isHidden} from '../../process/hidepid.ts';
import {isShortage, readStat, type Stat} from '../../process/stat.ts';

export interface ReaperHost extends Pick<RunEvents, 'emitFact' | 'orphanEnded'> {
  readonly runs: Runs;
  /** Returns whether libuv waits for this child. */
  isSpawned(pid: number): boolean;
  /**
   * Returns the handler for the end of a child that this process, or an earlier image of it, has started; null for an
   * orphan.
   */
  waiterOf(pid: number): ((end: Ended) => void) | null;
  /** Returns the descent of processes up to this moment; null if forks are not followed. */
  descendants(): Descendants | null;
  /** Attributes an orphan that nothing else assigns to a run. Returns null if that is not possible. */
  attribute(stat: Stat): Run | null;
  /** Notes an unreadable child of this process. */
  hidden(pid: number): void;
}

interface Orphan {
  readonly startTime: string;
  readonly name: string;
  /** Wall clock, ms. */
  readonly at: number;
  readonly formerParent: FormerParent | null;
  /** The run to which the orphan belongs; null if unknown. */
  run: Run | null;
}

const factOf = (pid: number, {startTime, name, at, formerParent, run}: Orphan): OrphanFact => ({
  pid,
  startTime,
  name,
  token: run?.token ?? null,
  id: run?.id ?? null,
  at,
  formerParent,
});

export class Reaper {
  readonly #host: ReaperHost;
  /** Living orphans by pid. */
  readonly #orphans = new Map<number, Orphan>();

  constructor(host: ReaperHost) {
    this.#host = host;
  }

  isOrphan(pid: number): boolean {
    return this.#orphans.has(pid);
  }

  /** Handles SIGCHLD. Returns whether an orphan has ended. */
  childrenChanged(): boolean {
    try {
      return this.#reapOrphans();
    } catch (error) {
      if (!isShortage(error)) throw error;
      return false; // the next sweep finds them
    }
  }

  #reapOrphans(): boolean {
    const ended = this.#reapEnded();
    for (let change = nextStopped(); change; change = nextStopped()) this.#stopped(change.pid, change.stopped);
    return ended;
  }

  #reapEnded(): boolean {
    let ended = false;
    for (;;) {
      const pid = peekEnded();
      // libuv reaps its own child at its next SIGCHLD, which is pending; then this method is called again.
      if (pid === 0 || this.#host.isSpawned(pid)) return ended;
      const waiter = this.#host.waiterOf(pid);
      if (waiter) {
        const end = reap(pid);
        if (end) waiter(end);
        continue;
      }
      // A zombie still shows its run: the orphan may have lived too briefly to be seen before.
      this.#adopt(pid);
      const end = reap(pid);
      if (!end) return ended;
      ended = true;
      this.#orphans.get(pid)?.run?.orphans.delete(pid);
      this.#orphans.delete(pid);
      this.#host.orphanEnded(pid);
      this.#host.emitFact({type: 'orphan-ended', pid, code: end.code, signal: end.signal});
    }
  }

  /** Notes every child of the keeper that it did not spawn. */
  adoptOrphans(look: ProcessScan): void {
    for (const pid of look.children()) if (!this.#adopt(pid) && isHidden(pid)) this.#host.hidden(pid);
  }

  /** Returns all living orphans. */
  living(): OrphanFact[] {
    const living = [...this.#orphans].map(([pid, orphan]) => factOf(pid, orphan));
    // Orphans of an adopted run may have fallen to another process than this keeper.
    for (const {token, id, orphans} of this.#host.runs.all()) {
      for (const [pid, startTime] of orphans) {
        const stat = this.#orphans.has(pid) ? null : readStat(pid);
        if (stat?.startTime === startTime)
          living.push({pid, startTime, name: stat.comm, token, id, at: null, formerParent: null});
      }
    }
    return living;
  }

  /** Assigns an orphan to a run. Returns whether the orphan is a child of this process. */
  give(pid: number, run: Run): boolean {
    const orphan = this.#orphans.get(pid);
    if (orphan === undefined) return false;
    orphan.run = run;
    run.orphans.set(pid, orphan.startTime);
    this.#host.emitFact({type: 'orphan', ...factOf(pid, orphan)});
    return true;
  }

  /** Removes an orphan that has become the main process of its run. */
  becameMain(pid: number): void {
    this.#orphans.get(pid)?.run?.orphans.delete(pid);
    if (this.#orphans.delete(pid)) this.#host.emitFact({type: 'orphan-ended', pid, code: null, signal: null});
  }

  /** Forgets a run: its remaining orphans belong to no run. */
  forget(run: Run): void {
    for (const pid of run.orphans.keys()) {
      const orphan = this.#orphans.get(pid);
      if (orphan?.run === run) orphan.run = null;
    }
  }

  /** Adopts an unknown orphan. Returns false if nothing is readable of that pid. */
  #adopt(pid: number): boolean {
    if (this.#orphans.has(pid) || this.#host.isSpawned(pid) || this.#host.waiterOf(pid)) return true;
    const stat = readStat(pid);
    if (!stat) return false;
    if (stat.ppid !== process.pid) return true;
    const descendants = this.#host.descendants();
    const run = descendants?.runOf(pid) ?? runOfOrphan(stat, this.#host.runs) ?? this.#host.attribute(stat);
    if (run !== null) descendants?.claim(pid, run);
    const orphan = {
      startTime: stat.startTime,
      name: stat.comm,
      at: Date.now(),
      formerParent: descendants?.parentOf(pid) ?? null,
      run,
    };
    this.#orphans.set(pid, orphan);
    run?.orphans.set(pid, stat.startTime);
    this.#host.emitFact({type: 'orphan', ...factOf(pid, orphan)});
    return true;
  }

  #stopped(pid: number, stopped: boolean): void {
    const run = this.#host.runs.ofPid(pid);
    if (!run || run.paused === stopped) return;
    if (!happen(run, {type: stopped ? 'stopped' : 'continued'})) return;
    this.#host.emitFact({type: stopped ? 'paused' : 'continued', token: run.token});
  }
}
