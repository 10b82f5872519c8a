/** Processes of a machine that is always the same. */
import type {Rows} from '../../src/process/rows.ts';
import {NO_DETAILS, type Details, type ProcessSource} from '../../src/process/source.ts';

/** The current time. */
export const NOW = Date.parse('2026-03-14T15:09:26Z');
export const BOOT = NOW - 86_400_000;

export interface MadeProcess {
  readonly pid: number;
  readonly ppid: number;
  readonly name: string;
  readonly command?: string;
  readonly state?: string;
  readonly nice?: number;
  readonly threads?: number;
  readonly uid?: number;
  readonly cpu?: number;
  readonly mib?: number;
  /** Seconds after boot. */
  readonly start?: number;
  /** A kernel thread. */
  readonly kernel?: true;
}

const PF_KTHREAD = 0x0020_0000;

/** Processes from a table; may be changed between readings. */
export class MadeProcesses implements ProcessSource {
  readonly byPid = new Map<number, MadeProcess>();

  constructor(processes: readonly MadeProcess[]) {
    for (const one of processes) this.byPid.set(one.pid, one);
  }

  read(rows: Rows): void {
    rows.begin();
    for (const one of [...this.byPid.values()].sort((a, b) => a.pid - b.pid)) {
      let row = rows.find(one.pid);
      if (row >= 0 && rows.startTime[row] !== ticks(one)) {
        rows.remove(row);
        row = -1;
      }
      if (row < 0) row = rows.add(one.pid);
      this.#store(rows, row, one);
      rows.keep(row);
    }
    rows.removeUnseen(() => undefined);
  }

  details(rows: Rows, row: number): Details {
    const one = this.byPid.get(rows.pid[row] ?? 0);
    const ended = one?.state === 'Z' || one?.kernel === true;
    if (!one) return NO_DETAILS;
    return {
      command: ended ? null : (one.command ?? one.name),
      uid: one.uid ?? 0,
      lockedBytes: 0,
      cgroup: '/',
    };
  }

  pss(): number | null {
    return null;
  }

  startedAt(startTime: number): number {
    return BOOT + startTime * 10;
  }

  identity(startTime: number): string {
    return String(startTime);
  }

  close(): void {
    // No file is open.
  }

  #store(rows: Rows, row: number, one: MadeProcess): void {
    const {pid, ppid, name, state = 'S', nice = 0, threads = 1, cpu = 0, mib = 1.5} = one;
    rows.ppid[row] = ppid;
    rows.pgid[row] = pid;
    rows.sid[row] = ppid <= 2 ? pid : ppid;
    rows.terminal[row] = 0;
    rows.foreground[row] = -1;
    rows.state[row] = state.charCodeAt(0);
    rows.flags[row] = one.kernel ? PF_KTHREAD : 0;
    rows.priority[row] = 20 + nice;
    rows.nice[row] = nice;
    rows.threads[row] = threads;
    rows.policy[row] = 0;
    rows.exitStatus[row] = 0;
    rows.startTime[row] = ticks(one);
    rows.cpuTicks[row] = 0;
    rows.cpuPercent[row] = cpu;
    rows.rssBytes[row] = state === 'Z' ? 0 : mib * 1024 ** 2;
    rows.setNameText(row, name.slice(0, 15));
  }
}

export const ticks = ({start = 100}: MadeProcess): number => start * 100;

export const PROCESSES: readonly MadeProcess[] = [
  {pid: 1, ppid: 0, name: 'init', command: '/sbin/init', start: 0, mib: 9},
  {pid: 2, ppid: 0, name: 'kthreadd', start: 0, kernel: true},
  {pid: 9, ppid: 2, name: 'kworker/0:0', state: 'I', start: 0, kernel: true},
  {pid: 300, ppid: 1, name: 'sshd', command: '/usr/sbin/sshd -D', start: 4, mib: 7},
  {pid: 310, ppid: 300, name: 'bash', command: '-bash', start: 900, uid: 1000, mib: 4},
  {pid: 311, ppid: 310, name: 'vim', command: 'vim notes.txt', state: 'T', start: 950, uid: 1000, mib: 12},
  {pid: 4000, ppid: 1, name: 'sh', command: '/bin/sh anchor', start: 80_000, mib: 0.4},
  {pid: 4001, ppid: 4000, name: 'node', command: 'node keeper.js', start: 80_000, threads: 11, mib: 52, cpu: 0.3},
  {pid: 4002, ppid: 4001, name: 'node', command: 'node controller.js', start: 80_000, threads: 11, mib: 59, cpu: 1.4},
  {pid: 4100, ppid: 4001, name: 'postgres', command: 'postgres -D data', start: 80_001, mib: 120, cpu: 12.5, uid: 70},
  {pid: 4101, ppid: 4100, name: 'postgres', command: 'postgres: writer', start: 80_002, mib: 30, cpu: 2, uid: 70},
  {
    pid: 4102,
    ppid: 4100,
    name: 'postgres',
    command: 'postgres: web web 10.0.0.7(51234) idle',
    state: 'D',
    start: 80_003,
    mib: 31,
    cpu: 61.5,
    uid: 70,
  },
  {
    pid: 4200,
    ppid: 4001,
    name: 'node',
    command: 'node server.js --port 8080 --workers 4 --log-format json --trust-proxy',
    start: 80_010,
    threads: 11,
    mib: 88,
    cpu: 97.3,
    nice: 5,
    state: 'R',
  },
  {
    pid: 4201,
    ppid: 4001,
    name: 'node',
    command: 'node server.js --port 8080 --workers 4 --log-format json --trust-proxy',
    start: 85_000,
    threads: 11,
    mib: 86,
    cpu: 3.1,
    nice: 5,
    state: 'T',
  },
  {pid: 4300, ppid: 4001, name: 'sh', command: '/bin/sh -c convert-all', start: 80_020},
  {pid: 4301, ppid: 4300, name: 'convert', state: 'Z', start: 80_021},
  {pid: 4302, ppid: 4300, name: 'convert', command: 'convert größe.png 図.jpg', start: 80_022, mib: 400, cpu: 44},
  {pid: 4390, ppid: 4001, name: 'mailer', command: 'mailer --queue outgoing', start: 80_030, uid: 4711, mib: 22},
];
