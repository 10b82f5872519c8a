/**
 * A trace from snapshots of /proc, for systems without the process connector: processes that live only for a moment are
 * missed. Pidfds report ends at once, and the exit status as far as the kernel shows it to non-parents.
 */
import {closeSync} from 'node:fs';
import {endOf} from '../end.ts';
import {commandOf} from '../proc-files.ts';
import {hasEnded, isShortage, parseStat, readSmall, startTimeOf, type Stat} from '../stat.ts';
import {listPids} from '../table.ts';
import type {TraceHost, TraceSource} from './source.ts';
import {Epoll} from '../../posix/epoll.ts';
import {openIdentified} from '../../posix/pidfd.ts';

/** The shortest pause between two snapshots (ms)... */
export const SAMPLE_MS = 50;
/** ...and the pause as a multiple of a snapshot's duration, which limits the load on one core. */
const REST = 25;
const LONGEST_MS = 1_000;
/** All of /proc is scanned at least this often (ms). */
const SCAN_MS = 1_000;
/** Leaves descriptors for other uses. */
const MOST_PIDFDS = 500;
/** How long to wait for the exit status (ms), if the kernel reports it only once the process has been reaped. */
const END_MS = 1_000;

interface Sampled {
  stat: Stat;
  /** Start address of the stack, different after each exec; null: not visible. */
  layout: string | null;
  command: string | null;
  pidfd: number | null;
  /** When the end was first seen, without an exit status (performance.now). */
  endedAt: number | null;
}

const START_STACK = 28;

function look(pid: number): Pick<Sampled, 'stat' | 'layout'> | null {
  const line = readSmall(`/proc/${pid}/stat`);
  const stat = line === null ? null : parseStat(line);
  if (line === null || stat === null) return null;
  const layout = line.slice(line.lastIndexOf(')') + 2).split(' ', START_STACK - 2)[START_STACK - 3];
  return {stat, layout: layout === undefined || layout === '0' ? null : layout};
}

/** Returns the last pid assigned in this pid namespace (proc_loadavg(5)). */
const lastPid = (): string | null => readSmall('/proc/loadavg')?.trim().split(' ').at(-1) ?? null;

export class SampledTrace implements TraceSource {
  readonly #epoll = new Epoll();
  readonly #keeper: () => number | null;
  #host: TraceHost | null = null;
  readonly #known = new Map<number, Sampled>();
  /** Processes whose events are not wanted. */
  #strangers = new Set<number>();
  #pidfds = 0;
  #lastPid: string | null = null;
  #scannedAt = 0;
  #timer: NodeJS.Timeout | null = null;

  /**
   * @param keeper pid of the keeper: a supervisor reports how its children end; they may have had other parents before
   */
  constructor(keeper: () => number | null) {
    this.#keeper = keeper;
  }

  start(host: TraceHost): void {
    this.#host = host;
    for (const pid of listPids()) {
      const seen = look(pid);
      if (seen === null) continue;
      if (host.isWanted(pid)) this.#know(seen, commandOf(pid));
      else this.#strangers.add(pid);
    }
    this.#again(SAMPLE_MS);
  }

  finish(): void {
    if (this.#host) this.#sample(this.#host);
  }

  close(): void {
    this.#host = null;
    if (this.#timer) clearTimeout(this.#timer);
    for (const sampled of this.#known.values()) this.#release(sampled);
    this.#epoll.close();
  }

  #again(ms: number): void {
    this.#timer = setTimeout(() => {
      void this.#tick();
    }, ms);
  }

  async #tick(): Promise<void> {
    const host = this.#host;
    if (host === null) return;
    const began = performance.now();
    this.#sample(host);
    const took = performance.now() - began;
    await host.told();
    if (this.#host !== null) this.#again(Math.min(Math.max(SAMPLE_MS, took * REST), LONGEST_MS));
  }

  #sample(host: TraceHost): void {
    try {
      this.#lookForNew(host);
      for (const pid of [...this.#known.keys()]) this.#lookAt(host, pid);
    } catch (error) {
      if (!isShortage(error)) throw error; // an unreadable process need not be gone
    }
  }

  #lookForNew(host: TraceHost): void {
    const now = performance.now();
    const last = lastPid();
    if (last !== null && last === this.#lastPid && now - this.#scannedAt < SCAN_MS) return;
    this.#lastPid = last;
    this.#scannedAt = now;
    const strangers = new Set<number>();
    const fresh: Pick<Sampled, 'stat' | 'layout'>[] = [];
    for (const pid of listPids()) {
      if (this.#strangers.has(pid)) strangers.add(pid);
      else if (!this.#known.has(pid)) {
        const seen = look(pid);
        if (seen) fresh.push(seen);
      }
    }
    this.#strangers = strangers;
    // Parents first.
    fresh.sort((a, b) => Number(a.stat.startTime) - Number(b.stat.startTime) || a.stat.pid - b.stat.pid);
    for (let left = fresh, before = Infinity; left.length < before;) {
      before = left.length;
      left = left.filter(seen => !this.#tellNew(host, seen));
      if (left.length === 0 || left.length === before) for (const {stat} of left) strangers.add(stat.pid);
    }
  }

  /** Reports a new process. Returns false if its events are not wanted. */
  #tellNew(host: TraceHost, seen: Pick<Sampled, 'stat' | 'layout'>): boolean {
    const {pid, ppid} = seen.stat;
    if (!host.isWanted(ppid)) return false;
    const at = Date.now();
    const parent = this.#known.get(ppid);
    // A child of the keeper may be an orphan by now.
    host.onEvent({type: 'fork', at, pid: ppid === this.#keeper() ? null : ppid, child: pid});
    const command = commandOf(pid);
    const sampled = this.#know(seen, command);
    const isOther =
      seen.layout !== null && parent?.layout != null
        ? seen.layout !== parent.layout
        : command !== '' && command !== parent?.command;
    if (seen.stat.sid === pid) host.onEvent({type: 'setsid', at, pid});
    if (isOther) host.onEvent({type: 'exec', at, pid});
    if (hasEnded(seen.stat)) this.#lookAtEnd(host, sampled);
    return true;
  }

  #know(seen: Pick<Sampled, 'stat' | 'layout'>, command: string): Sampled {
    const sampled: Sampled = {...seen, command, pidfd: null, endedAt: null};
    this.#known.set(seen.stat.pid, sampled);
    this.#watch(sampled);
    return sampled;
  }

  #watch(sampled: Sampled): void {
    const {pid, startTime} = sampled.stat;
    if (this.#pidfds >= MOST_PIDFDS) return;
    try {
      const pidfd = openIdentified(pid, startTime, startTimeOf);
      if (pidfd === null) return;
      this.#pidfds++;
      sampled.pidfd = pidfd;
      this.#epoll.add(pidfd, () => {
        if (this.#host === null || this.#known.get(pid) !== sampled) return;
        this.#lookAt(this.#host, pid);
        void this.#host.told();
      });
    } catch {
      // Without a spare descriptor, polling finds the end.
    }
  }

  #lookAt(host: TraceHost, pid: number): void {
    const sampled = this.#known.get(pid);
    if (sampled === undefined) return;
    const seen = look(pid);
    const {startTime} = sampled.stat;
    if (sampled.endedAt !== null || seen?.stat.startTime !== startTime || hasEnded(seen.stat)) {
      this.#lookAtEnd(host, sampled);
      return;
    }
    const at = Date.now();
    const {stat, layout} = seen;
    const before = sampled.stat;
    const isRenamed = stat.comm !== before.comm;
    if (isRenamed || layout !== sampled.layout) {
      const command = commandOf(pid);
      const isExec =
        layout !== null && sampled.layout !== null ? layout !== sampled.layout : command !== sampled.command;
      if (isExec) host.onEvent({type: 'exec', at, pid});
      else if (isRenamed) host.onEvent({type: 'comm', at, pid, name: Buffer.from(stat.comm, 'latin1').toString()});
      sampled.command = command;
      sampled.layout = layout;
    }
    if (stat.sid !== before.sid && stat.sid === pid) host.onEvent({type: 'setsid', at, pid});
    sampled.stat = stat;
  }

  #lookAtEnd(host: TraceHost, sampled: Sampled): void {
    const {pid, startTime, ppid} = sampled.stat;
    const end = endOf(sampled.pidfd, pid, startTime);
    const now = performance.now();
    sampled.endedAt ??= now;
    if (end === 'waits' && now - sampled.endedAt < END_MS) return;
    const {code, signal} = end === null || end === 'waits' ? {code: null, signal: null} : end;
    const isUnknown = code === null && signal === null;
    host.onEvent({type: 'exit', at: Date.now(), pid, ppid, code, signal}, isUnknown && ppid === this.#keeper());
    this.#release(sampled);
    this.#known.delete(pid);
    // A zombie still exists, and is no new process.
    this.#strangers.add(pid);
  }

  #release(sampled: Sampled): void {
    if (sampled.pidfd === null) return;
    this.#epoll.remove(sampled.pidfd);
    closeSync(sampled.pidfd);
    sampled.pidfd = null;
    this.#pidfds--;
  }
}
