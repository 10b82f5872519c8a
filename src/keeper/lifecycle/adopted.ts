/**
 * Runs whose parent is not this keeper: an earlier one spawned them. SIGCHLD reports only the keeper's own children;
 * the ends of these runs are reported by one pidfd each, and the rest is checked at each sweep. Runs without a pidfd
 * (refused by the kernel, or no descriptor to spare) are checked by a timer.
 */
import type {RunEvents} from '../runs/events.ts';
import {equip, happen} from '../runs/life.ts';
import {closeSync} from 'node:fs';
import {ProcessScan, membersOf} from '../lineage/members.ts';
import {mustLeaveRoom} from '../files/descriptor-reserve.ts';
import type {Run} from '../runs/run.ts';
import type {Epoll} from '../../posix/epoll.ts';
import {openIdentified, pidfdRefusals} from '../../posix/pidfd.ts';
import type {End} from '../../posix/wait.ts';
import {endOf} from '../../process/end.ts';
import {hasEnded, isShortage, readStat, startTimeOf, type Stat} from '../../process/stat.ts';

/** The time for the parent to reap the process; only then does the kernel report to others how it ended. */
const WAITED_FOR_MS = 1_000;
const RETRY_MS = 10;
/** Without a pidfd: the time between two checks (ms)... */
const LOOK_MS = 200;
/** ...and at least this multiple of a check's duration, so that many runs cost only a small part of one core. */
const REST = 25;

export interface AdoptedHost extends Pick<RunEvents, 'emitFact'> {
  readonly epoll: Epoll;
  /** Returns whether the process is a child that this keeper has started as a main process. */
  isSpawned(pid: number): boolean;
  /** Handles the end of the main process; null: the kernel can't report how it ended. */
  ended(run: Run, end: End | null): void;
}

export class Adopted {
  readonly #host: AdoptedHost;
  /** Runs without a pidfd. */
  readonly #lookedAt = new Set<Run>();
  #timer: NodeJS.Timeout | null = null;

  constructor(host: AdoptedHost) {
    this.#host = host;
  }

  /** Adopts a run whose main process was alive. */
  takeUp(run: Run, look: ProcessScan): void {
    this.#watch(run);
    if (run.exit === null) this.#noteMembers(run, look);
  }

  /** Checks a run whose main process is not known to have ended. */
  sweep(run: Run, look: ProcessScan): void {
    const {pid, startTime, pidfd} = run;
    if (pid === null || startTime === null) return;
    const stat = readStat(pid);
    if (stat?.startTime !== startTime || hasEnded(stat)) {
      this.#lookAtEnd(run, pidfd, pid, startTime, 0);
      return;
    }
    this.#watch(run);
    this.#lookAtPause(run, stat);
    this.#noteMembers(run, look);
  }

  #watch(run: Run): void {
    const {pid, startTime} = run;
    if (pid === null || startTime === null || run.exit !== null || run.pidfd !== null) return;
    let pidfd: number | null = null;
    try {
      if (pidfdRefusals().open !== null) {
        this.#lookByTimer(run);
        return;
      }
      pidfd = openIdentified(pid, startTime, startTimeOf);
      if (pidfd !== null) mustLeaveRoom([pidfd]);
    } catch {
      // Nothing is known of the process. The next sweep opens a descriptor if there is one to spare.
      if (pidfd !== null) closeSync(pidfd);
      this.#lookByTimer(run);
      return;
    }
    if (pidfd === null) {
      this.#host.ended(run, null);
      return;
    }
    const opened = pidfd;
    equip(run, {pidfd: opened});
    this.#host.epoll.add(opened, () => this.#lookAtEnd(run, opened, pid, startTime, WAITED_FOR_MS));
  }

  #lookByTimer(run: Run): void {
    this.#lookedAt.add(run);
    this.#timer ??= setTimeout(() => this.#checkRuns(), LOOK_MS);
  }

  #checkRuns(): void {
    const began = performance.now();
    for (const run of this.#lookedAt) {
      const {pid, startTime, exit, pidfd} = run;
      if (pid === null || startTime === null || exit !== null || pidfd !== null) {
        this.#lookedAt.delete(run);
        continue;
      }
      try {
        const stat = readStat(pid);
        // After an upgrade the process may be this process's own child: then waitid reports how it ended.
        if (stat?.ppid === process.pid && stat.startTime === startTime && hasEnded(stat)) continue;
        if (stat?.startTime !== startTime || hasEnded(stat)) this.#lookAtEnd(run, null, pid, startTime, WAITED_FOR_MS);
        else this.#lookAtPause(run, stat);
      } catch (error) {
        if (!isShortage(error)) throw error; // the next check finds it
      }
    }
    const wait = Math.max(LOOK_MS, (performance.now() - began) * REST);
    this.#timer = this.#lookedAt.size === 0 ? null : setTimeout(() => this.#checkRuns(), wait);
  }

  #lookAtEnd(run: Run, pidfd: number | null, pid: number, startTime: string, patienceMs: number): void {
    if (run.exit !== null || run.pidfd !== pidfd || run.pid !== pid) return;
    const end = endOf(pidfd, pid, startTime);
    if (end !== 'waits') this.#host.ended(run, end);
    else if (patienceMs <= 0) this.#host.ended(run, null);
    else setTimeout(() => this.#lookAtEnd(run, pidfd, pid, startTime, patienceMs - RETRY_MS), RETRY_MS);
  }

  /** Checks whether the main process is stopped, which the kernel reports to its parent alone. */
  lookAtPause(run: Run): void {
    const stat = run.pid === null ? null : readStat(run.pid);
    if (stat !== null && stat.startTime === run.startTime) this.#lookAtPause(run, stat);
  }

  #lookAtPause(run: Run, stat: Stat): void {
    const stopped = stat.state === 'T';
    if (run.paused === stopped || !happen(run, {type: stopped ? 'stopped' : 'continued'})) return;
    this.#host.emitFact({type: stopped ? 'paused' : 'continued', token: run.token});
  }

  /**
   * Records the members while the main process lives: without it, its session and its children prove less. Members that
   * are not below it have lost their parents, and no SIGCHLD reports them here.
   */
  #noteMembers(run: Run, look: ProcessScan): void {
    const {token, id, known, orphans} = run;
    const below = new Set(
      look
        .table()
        .treeOf(run.pid ?? 0)
        .map(({pid}) => pid),
    );
    const members = new Map(membersOf(run, look).map(member => [member.pid, member]));
    for (const [pid, startTime] of known) if (members.get(pid)?.startTime !== startTime) known.delete(pid);
    for (const [pid, startTime] of orphans) {
      if (members.get(pid)?.startTime === startTime) continue;
      orphans.delete(pid);
      this.#host.emitFact({type: 'orphan-ended', pid, code: null, signal: null});
    }
    for (const {pid, startTime, name} of members.values()) {
      known.set(pid, startTime);
      if (below.has(pid) || orphans.has(pid) || this.#host.isSpawned(pid)) continue;
      orphans.set(pid, startTime);
      this.#host.emitFact({type: 'orphan', pid, startTime, name, token, id, at: Date.now(), formerParent: null});
    }
  }
}
