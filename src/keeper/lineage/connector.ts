/**
 * The kernel's process connector reports every fork (docs/decisions/0027-process-connector.md). It covers every process
 * of the machine, so the keeper subscribes only where runs have no cgroups, or once a process has left the cgroup of
 * its run.
 */
import type {HiddenMembers} from '../handover.ts';
import {Descendants, NO_NAME, type Looked} from './descendants.ts';
import {ProcessScan, membersOf} from './members.ts';
import type {Runs} from '../runs/runs.ts';
import {isOver, type Run} from '../runs/run.ts';
import {Connector} from '../../posix/connector.ts';
import type {Epoll} from '../../posix/epoll.ts';
import {isHidden} from '../../process/hidepid.ts';
import {hasEnded, isShortage, readSmall, readStat, TICKS_PER_SECOND} from '../../process/stat.ts';
import {readFleetTable} from '../../process/fleet-table.ts';
import {ProcessTable} from '../../process/table.ts';

/** Few events gather for this long; a caller that needs the current state reads them at once. */
const REST_MS = 50;
/** The queue may hold no more than some 500 events with the default net.core.rmem_max. */
const FEW = 50;
/** The most scans of the machine until one finds nothing new. */
const MOST_LOOKS = 5;
const RETRY_MS = 5_000;
const MOST_RETRY_MS = 300_000;

export interface ConnectorHost {
  readonly runs: Runs;
  readonly epoll: Epoll;
  isSpawned(pid: number): boolean;
  /** Returns why processes of a run that began before the subscription may not be found; null: all are found. */
  gapOf(run: Run): string | null;
}

function look(pid: number): Looked | null {
  try {
    const stat = readStat(pid);
    return stat === null || hasEnded(stat) ? null : {startTime: stat.startTime, name: stat.comm};
  } catch (error) {
    if (!isShortage(error)) throw error;
    return {startTime: null, name: NO_NAME}; // an unreadable process is not gone
  }
}

export class RunConnector {
  readonly #host: ConnectorHost;
  readonly #connector: Connector;
  readonly descendants: Descendants;
  /** Ticks since boot, as in start times, at which performance.now() was 0. */
  readonly #origin: number;
  /** When all pending events were last read (performance.now). */
  #readAt = performance.now();
  #timer: NodeJS.Timeout | null = null;
  #isOpen = true;

  private constructor(host: ConnectorHost, connector: Connector) {
    this.#host = host;
    this.#connector = connector;
    const uptime = Number(readSmall('/proc/uptime')?.split(' ')[0] ?? 0);
    this.#origin = (uptime - performance.now() / 1000) * TICKS_PER_SECOND;
    this.descendants = new Descendants({
      self: process.pid,
      runs: host.runs,
      isSpawned: pid => host.isSpawned(pid),
      findProcess: look,
      isHidden,
      catchUp: () => this.catchUp(),
    });
    host.epoll.add(connector.fd, () => this.#rest());
    this.#takeUp();
  }

  /** Subscribes to process events and adopts the existing runs. Returns the reason if the connector is unavailable. */
  static readonly open = (host: ConnectorHost): RunConnector | {readonly unavailable: string} => {
    const connector = Connector.open({threadEnds: false, changes: false});
    return connector instanceof Connector ? new RunConnector(host, connector) : connector;
  };

  /** Adopts the runs that began before the subscription. */
  #takeUp(): void {
    const since = Math.ceil(this.#origin + (performance.now() / 1000) * TICKS_PER_SECOND) + 1;
    const runs = [...this.#host.runs.all()].filter(run => run.pid !== null && !isOver(run));
    for (const run of runs) this.descendants.takeUp(run, since);
    let gap: string | null = null;
    try {
      // A process whose parent ends while the table is read may be missing in it; the next table has it.
      for (let looks = 0; this.#include(runs); looks++) {
        if (looks < MOST_LOOKS) continue;
        gap = 'it forked faster than its processes could be read when fork tracking began';
        break;
      }
      for (const run of runs) this.descendants.setGap(run, gap ?? this.#host.gapOf(run));
    } catch (error) {
      if (!isShortage(error)) throw error;
      for (const run of runs) this.descendants.setGap(run, 'not all processes could be read when fork tracking began');
    }
  }

  /** Scans the machine. Returns whether the scan has found more processes of these runs. */
  #include(runs: readonly Run[]): boolean {
    const now = new ProcessScan();
    let found = false;
    for (const run of runs) {
      // The pid may belong to another process by now.
      const main = run.pid !== null && now.table().get(run.pid)?.startTime === run.startTime ? [run.pid] : [];
      for (const pid of [...main, ...membersOf(run, now).map(member => member.pid)])
        if (this.descendants.include(run, pid)) found = true;
    }
    return found;
  }

  /** Reads all pending events and returns their number. */
  catchUp(): number {
    if (!this.#isOpen) return 0;
    let count = 0;
    const {lost} = this.#connector.read(event => {
      count++;
      this.descendants.feed(event);
    });
    if (lost) this.#lost();
    this.#readAt = performance.now();
    return count;
  }

  /**
   * Returns at most `most` processes that only this keeper can attribute: the next one would take them for strangers.
   */
  hidden(most: number): HiddenMembers {
    const now = new ProcessScan();
    let left = most;
    const hidden: [string, [number, string][]][] = [];
    for (const run of this.#host.runs.all()) {
      if (run.lineage === null || run.cleared !== null) continue;
      const told = new Set(membersOf({...run, lineage: null, orphans: new Map()}, now).map(({pid}) => pid));
      const own = [...run.lineage.known()]
        .filter(pid => pid !== run.pid && !told.has(pid))
        .map(pid => now.table().get(pid))
        .filter(stat => stat !== undefined)
        .map(({pid, startTime}): [number, string] => [pid, startTime])
        .slice(0, left);
      left -= own.length;
      if (own.length > 0) hidden.push([run.token, own]);
    }
    return hidden;
  }

  /** Forgets records that are no longer needed. */
  sweep(): void {
    this.catchUp();
    this.descendants.forgetEnded();
  }

  close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    if (this.#timer) clearTimeout(this.#timer);
    this.#host.epoll.remove(this.#connector.fd);
    this.#connector.close();
  }

  #rest(): void {
    const count = this.catchUp();
    if (count > FEW) this.#host.epoll.arm(this.#connector.fd);
    else
      this.#timer = setTimeout(() => {
        if (this.#isOpen) this.#host.epoll.arm(this.#connector.fd);
      }, REST_MS);
  }

  #lost(): void {
    const ticks = this.#origin + (this.#readAt / 1000) * TICKS_PER_SECOND;
    let table = new ProcessTable([]);
    try {
      table = readFleetTable();
    } catch (error) {
      if (!isShortage(error)) throw error; // fewer descendants are known then
    }
    this.descendants.lost(ticks, pid => table.childrenOf(pid).map(child => child.pid));
  }
}

type Opened = RunConnector | {readonly unavailable: string};

/** Opens the connector once it is needed and available. */
export class ConnectorWhenNeeded {
  readonly #host: ConnectorHost;
  readonly #open: (host: ConnectorHost) => Opened;
  #opened: Opened | null = null;
  /** Time of the next attempt (performance.now). */
  #retryAt = 0;
  #retryMs = RETRY_MS;

  constructor(host: ConnectorHost, open: (host: ConnectorHost) => Opened = RunConnector.open) {
    this.#host = host;
    this.#open = open;
  }

  /** Returns the connector, opened if necessary; null if it is unavailable. */
  need(): RunConnector | null {
    if (this.#opened === null) this.#try(performance.now());
    return this.now;
  }

  /** The open connector, or null. */
  get now(): RunConnector | null {
    return this.#opened instanceof RunConnector ? this.#opened : null;
  }

  /** Why the connector is unavailable; null if it is available or was never needed. */
  get unavailable(): string | null {
    return this.#opened !== null && 'unavailable' in this.#opened ? this.#opened.unavailable : null;
  }

  /**
   * Forgets records that are no longer needed, and retries a needed connector that was unavailable. To be called
   * periodically.
   */
  sweep(now = performance.now()): void {
    this.now?.sweep();
    if (this.unavailable !== null && now >= this.#retryAt) this.#try(now);
  }

  #try(now: number): void {
    // A shortage of descriptors or memory passes; a refusal may be lifted as well, but is no reason for haste.
    this.#opened = this.#open(this.#host);
    this.#retryAt = now + this.#retryMs;
    this.#retryMs = Math.min(this.#retryMs * 2, MOST_RETRY_MS);
  }
}
