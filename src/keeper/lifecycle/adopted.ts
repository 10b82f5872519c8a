/**
 * Runs whose parent is another than this keeper: an earlier one spawned them. The kernel tells of its own children by
 * SIGCHLD; the ends of these come by a pidfd each, and the rest is looked for at each sweep. Those for which there is no
 * pidfd (refused by the kernel, or no descriptor to spare) are looked at by a timer.
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

/** Who waits for it has that long to do so; only then does the kernel tell everybody how it ended. */
const WAITED_FOR_MS = 1_000;
const RETRY_MS = 10;
/** Where there is no pidfd: the time between two looks (ms)... */
const LOOK_MS = 200;
/** ...and how many times as long as one takes, so that many runs cost no more than a small part of one core. */
const REST = 25;

export interface AdoptedHost extends Pick<RunEvents, 'emitFact'> {
  readonly epoll: Epoll;
  /** Whether libuv waits for it: a main process, or one that was. */
  isSpawned(pid: number): boolean;
  /** The main process has ended; null: the kernel can't tell how. */
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

  /** Takes up a run whose main process was alive. */
  takeUp(run: Run, look: ProcessScan): void {
    this.#watch(run);
    if (run.exit === null) this.#noteMembers(run, look);
  }

  /** Looks at a run whose main process is not known to have ended. */
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
      // Nothing is known of the process. With a descriptor to spare, the next sweep opens one.
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
        // After an upgrade it may be this process's own child: then waitid tells how it ended.
        if (stat?.ppid === process.pid && stat.startTime === startTime && hasEnded(stat)) continue;
        if (stat?.startTime !== startTime || hasEnded(stat)) this.#lookAtEnd(run, null, pid, startTime, WAITED_FOR_MS);
        else this.#lookAtPause(run, stat);
      } catch (error) {
        if (!isShortage(error)) throw error; // the next look finds it
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

  /** Its stops and continues are told to its parent alone. */
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
   * Once the main process is gone, its session and its children say less: whom they name now is known for good. Those
   * that are not below it have lost their parents, and are nobody's children that would be told of here.
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
