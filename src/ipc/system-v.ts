/** Shared by the three System V kinds: the tables of this IPC namespace, and the keys of objects (sysvipc(7)). */
import {readlinkSync} from 'node:fs';
import {join} from 'node:path';
import type {Snapshot} from './snapshot.ts';

export type Row = Readonly<Record<string, string>>;

const number = (row: Row, column: string): number => Number(row[column] ?? NaN);

/** Returns the lines of `/proc/sysvipc/shm`, `msg` or `sem`, by the names in the first line. */
export function parseTable(text: string): Row[] {
  const [head = [], ...lines] = text
    .split('\n')
    .map(line => line.trim().split(/\s+/))
    .filter(([first]) => first !== '');
  return lines.map(line => Object.fromEntries(head.map((name, i) => [name, line[i] ?? ''])));
}

/** Returns the key as ipcs(1) shows it, `0x00001234`, or null for IPC_PRIVATE. */
export function keyOf(row: Row): string | null {
  const key = number(row, 'key');
  return key === 0 ? null : `0x${(key >>> 0).toString(16).padStart(8, '0')}`;
}

export const columnOf = number;

export function ipcNamespace(root: string, pid: number | 'self'): string | null {
  try {
    return readlinkSync(join(root, String(pid), 'ns', 'ipc'));
  } catch {
    return null;
  }
}

/**
 * Whether a pid recorded in an object is still the same process. The kernel keeps the pid as long as the object lives:
 * the process may have ended, and its pid may have been reused.
 *
 * @param at when the process used the object, in seconds since 1970
 */
export function stillIs(snapshot: Snapshot, pid: number, at: number): boolean {
  if (pid <= 0 || at <= 0) return false;
  const stat = snapshot.text(pid, 'stat');
  const boot = /^btime (\d+)$/m.exec(snapshot.text(null, 'stat') ?? '')?.[1];
  if (stat === null || boot === undefined) return false;
  const ticks = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]);
  // btime is rounded: within a second of it both answers may be true.
  return Number(boot) + ticks / 100 <= at + 1;
}
