/** The kernel's figures on processes, from /proc. */
import {readdirSync, readFileSync, readlinkSync} from 'node:fs';
import {setTimeout as delay} from 'node:timers/promises';

export interface Row {
  readonly pid: number;
  readonly ppid: number;
  readonly state: string;
  /** User and system time, in clock ticks. */
  readonly ticks: number;
  readonly startTime: string;
}

/** USER_HZ: the kernel reports times to programs in hundredths of a second on every current Linux. */
export const TICKS_PER_SECOND = 100;

function text(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return '';
  }
}

export function row(pid: number): Row | null {
  const stat = text(`/proc/${pid}/stat`);
  if (stat === '') return null;
  const field = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [state = '', ppid] = field;
  return {pid, ppid: Number(ppid), state, ticks: Number(field[11]) + Number(field[12]), startTime: field[19] ?? ''};
}

export const allProcesses = (): Row[] =>
  readdirSync('/proc')
    .filter(name => /^\d+$/.test(name))
    .map(pid => row(Number(pid)))
    .filter(found => found !== null);

export function program(pid: number): string {
  try {
    return readlinkSync(`/proc/${pid}/exe`);
  } catch {
    return '';
  }
}

/** Returns the roots and all their descendants. */
export function treesOf(roots: readonly number[]): Row[] {
  const children = new Map<number, Row[]>();
  const all = allProcesses();
  for (const one of all) children.set(one.ppid, [...(children.get(one.ppid) ?? []), one]);
  const found = new Map(all.filter(({pid}) => roots.includes(pid)).map(one => [one.pid, one]));
  for (const {pid} of found.values()) for (const child of children.get(pid) ?? []) found.set(child.pid, child);
  return [...found.values()];
}

/** Returns the proportional set size in MiB: each shared page counts by the process's share (proc(5), smaps_rollup). */
export function pssOf(pids: readonly number[]): number {
  const kib = pids.map(pid => Number(/^Pss:\s+(\d+) kB/m.exec(text(`/proc/${pid}/smaps_rollup`))?.[1] ?? 0));
  return kib.reduce((sum, one) => sum + one, 0) / 1024;
}

/** Environment variable of every process that a measurement starts. */
export const TAG = 'BENCH_OF';

const living = ({state}: Row): boolean => state !== 'Z' && state !== 'X';

/** Returns the living workers: processes of the program that this benchmark has compiled. */
export const workers = (pulse: string): Row[] =>
  allProcesses().filter(one => living(one) && program(one.pid) === pulse);

/** Kills every process with the tag, so that none of them affects the next measurement. */
export async function endTagged(tag: string): Promise<void> {
  for (let round = 0; round < 200; round++) {
    const left = allProcesses().filter(
      one => one.pid !== process.pid && living(one) && text(`/proc/${one.pid}/environ`).split('\0').includes(tag),
    );
    if (left.length === 0) return;
    // SIGSTOP first, so that no supervisor restarts a killed process.
    for (const signal of ['SIGSTOP', 'SIGKILL'] as const) for (const one of left) send(one, signal);
    await delay(50);
  }
  throw new Error(`processes with ${tag} can't be ended`);
}

export function send(to: Row, signal: NodeJS.Signals): boolean {
  if (row(to.pid)?.startTime !== to.startTime) return false;
  try {
    process.kill(to.pid, signal);
    return true;
  } catch {
    return false;
  }
}
