/** Processes from Linux's /proc (proc(5)), or from a recording of it. */
import {closeSync, openSync, readSync} from 'node:fs';
import {join} from 'node:path';
import {Directory} from '../posix/directory.ts';
import {pageBytes} from '../posix/memory.ts';
import {Descriptors, NO_DESCRIPTOR as NONE} from './descriptors.ts';
import {bootTime, readDetails, readPss} from './proc-details.ts';
import {NAME_BYTES, type Rows} from './rows.ts';
import {NO_DETAILS, type Details, type ProcessSource} from './source.ts';
import {isShortage, TICKS_PER_SECOND} from './stat.ts';
import {StatField, StatLine} from './stat-line.ts';

const STAT_BYTES = 4096;

export interface ProcOptions {
  /** The mount point, or the folder of a recording. */
  readonly root?: string;
  /**
   * Number of processes whose `stat` stays open: a reread through the same descriptor costs half, and never reads
   * another process with the same pid. 0 for a single reading.
   */
  readonly keepOpen?: number;
  /** A monotonic clock, in ms. */
  readonly clock?: () => number;
}

export class ProcSource implements ProcessSource {
  readonly #root: string;
  readonly #clock: () => number;
  readonly #directory: Directory;
  readonly #bytes = Buffer.allocUnsafe(STAT_BYTES);
  readonly #line = new StatLine();
  readonly #pageBytes = pageBytes();
  readonly #kept: Descriptors;
  #bootTime: number | null | undefined;
  #lastRead = 0;

  /** Throws if there is no such folder. */
  constructor({root = '/proc', keepOpen = 0, clock = () => performance.now()}: ProcOptions = {}) {
    this.#root = root;
    this.#clock = clock;
    this.#kept = new Descriptors(keepOpen);
    this.#directory = new Directory(root);
  }

  /** @throws on a shortage of descriptors or memory: no process may then be taken for gone */
  read(rows: Rows): void {
    const now = this.#clock();
    const pids = this.#directory.numbers();
    const elapsed = rows.readings === 0 ? NaN : (now - this.#lastRead) / 1000;
    this.#lastRead = now;
    // /proc lists pids in rising order, a recording in any order.
    if (!isRising(pids)) pids.sort();
    rows.begin();
    try {
      for (const pid of pids) this.#readOne(rows, pid, elapsed);
    } catch (error) {
      rows.abandon();
      throw error;
    }
    rows.removeUnseen(row => this.#kept.release(row));
  }

  details(rows: Rows, row: number): Details {
    const pid = rows.pid[row] ?? 0;
    const details = readDetails(join(this.#root, String(pid)));
    return this.#isStill(rows, row) ? details : NO_DETAILS;
  }

  pss(rows: Rows, row: number): number | 'denied' | null {
    const pss = readPss(join(this.#root, String(rows.pid[row] ?? 0)));
    return this.#isStill(rows, row) ? pss : null;
  }

  startedAt(startTime: number): number | null {
    this.#bootTime ??= bootTime(this.#root);
    return this.#bootTime === null ? null : this.#bootTime + (startTime * 1000) / TICKS_PER_SECOND;
  }

  identity(startTime: number): string {
    return String(startTime);
  }

  close(): void {
    this.#kept.giveUp();
    this.#directory.close();
  }

  #readOne(rows: Rows, pid: number, elapsed: number): void {
    let row = rows.find(pid);
    if (row !== NONE && this.#kept.of(row) !== NONE) {
      if (this.#parse(this.#kept.of(row), pid)) {
        this.#store(rows, row, elapsed);
        return;
      }
      // The process has been reaped; a process with this pid is another one.
      this.#kept.release(row);
      rows.remove(row);
      row = NONE;
    }
    const fd = this.#openStat(pid);
    if (fd === NONE) return;
    const isProcess = this.#parse(fd, pid);
    if (isProcess && row !== NONE && rows.startTime[row] !== this.#line.fields[StatField.startTicks]) {
      rows.remove(row);
      row = NONE;
    }
    if (isProcess && row === NONE) row = rows.add(pid);
    if (isProcess) this.#store(rows, row, elapsed);
    if (!isProcess || !this.#kept.keep(row, fd)) closeSync(fd);
  }

  #store(rows: Rows, row: number, elapsed: number): void {
    const {fields, nameStart, nameEnd} = this.#line;
    const ticks = (fields[StatField.userTicks] ?? 0) + (fields[StatField.systemTicks] ?? 0);
    const before = rows.cpuTicks[row] ?? NaN;
    // A process that is new since the last reading has used all its time since then.
    const used = Number.isNaN(before) ? ticks : ticks - before;
    rows.cpuPercent[row] = elapsed > 0 ? Math.max(0, (used / TICKS_PER_SECOND / elapsed) * 100) : NaN;
    rows.cpuTicks[row] = ticks;
    rows.ppid[row] = fields[StatField.ppid] ?? 0;
    rows.pgid[row] = fields[StatField.pgid] ?? 0;
    rows.sid[row] = fields[StatField.sid] ?? 0;
    rows.terminal[row] = fields[StatField.terminal] ?? 0;
    rows.foreground[row] = fields[StatField.foreground] ?? 0;
    rows.state[row] = fields[StatField.state] ?? 0;
    rows.flags[row] = fields[StatField.flags] ?? 0;
    rows.priority[row] = fields[StatField.priority] ?? 0;
    rows.nice[row] = fields[StatField.nice] ?? 0;
    rows.threads[row] = fields[StatField.threads] ?? 0;
    rows.policy[row] = fields[StatField.policy] ?? 0;
    rows.startTime[row] = fields[StatField.startTicks] ?? 0;
    rows.rssBytes[row] = (fields[StatField.rssPages] ?? 0) * this.#pageBytes;
    const exitStatus = fields[StatField.exitStatus] ?? NaN;
    if (!Number.isNaN(exitStatus)) rows.exitStatus[row] = exitStatus;
    rows.setName(row, this.#bytes, nameStart, Math.min(nameEnd, nameStart + NAME_BYTES));
    rows.keep(row);
  }

  /** Reads and parses `stat`. Returns false if the descriptor no longer belongs to that process. */
  #parse(fd: number, pid: number): boolean {
    try {
      const length = readSync(fd, this.#bytes, 0, STAT_BYTES, 0);
      return this.#line.parse(this.#bytes, length) && this.#line.fields[StatField.pid] === pid;
    } catch (error) {
      if (isShortage(error)) throw error;
      return false;
    }
  }

  #openStat(pid: number): number {
    try {
      return openSync(`${this.#root}/${pid}/stat`, 'r');
    } catch (error) {
      if (!isShortage(error)) return NONE;
      if (this.#kept.count === 0) throw error;
      // Kept descriptors are a convenience: other code needs them more.
      this.#kept.giveUp();
      return this.#openStat(pid);
    }
  }

  /** Whether the process still exists: data read by its pid before was then its own. */
  #isStill(rows: Rows, row: number): boolean {
    const pid = rows.pid[row] ?? 0;
    const kept = this.#kept.of(row);
    if (kept !== NONE) return this.#parse(kept, pid);
    const fd = this.#openStat(pid);
    if (fd === NONE) return false;
    try {
      return this.#parse(fd, pid) && this.#line.fields[StatField.startTicks] === rows.startTime[row];
    } finally {
      closeSync(fd);
    }
  }
}

function isRising(pids: Int32Array): boolean {
  for (let i = 1; i < pids.length; i++) if ((pids[i] ?? 0) < (pids[i - 1] ?? 0)) return false;
  return true;
}
