/** Writes a report on a controller that does not respond, from what is visible outside of it, before it is killed. */
import {errorCode} from '../../base/errors.ts';
import {mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';

/** The number of reports that are kept. */
const KEPT = 5;
/** Files in /proc on a process and on each of its threads (proc(5)). */
const OF_PROCESS = ['status', 'cmdline', 'io', 'limits'];
const OF_THREAD = ['comm', 'stat', 'wchan', 'syscall', 'stack'];

function read(path: string): string {
  try {
    return readFileSync(path, 'latin1').replaceAll('\0', ' ').trim();
  } catch (error) {
    return `(${errorCode(error, 'unreadable')})`;
  }
}

function entries(path: string): string[] {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}

/** Returns the path of the report, or null if it could not be written. */
export function writeFrozenReport(folder: string, pid: number, silentMs: number): string | null {
  const reports = join(folder, 'reports');
  const at = new Date().toISOString();
  const of = (base: string, names: readonly string[]): Record<string, string> =>
    Object.fromEntries(names.map(name => [name, read(`${base}/${name}`)]));
  const threads = entries(`/proc/${pid}/task`).map(tid => ({tid, ...of(`/proc/${pid}/task/${tid}`, OF_THREAD)}));
  const descriptors = entries(`/proc/${pid}/fd`).length;
  try {
    mkdirSync(reports, {recursive: true, mode: 0o700});
    const path = join(reports, `frozen-${at.replaceAll(':', '')}-${pid}.json`);
    const report = {at, pid, silentMs, descriptors, ...of(`/proc/${pid}`, OF_PROCESS), threads};
    writeFileSync(path, JSON.stringify(report, null, 1), {mode: 0o600});
    for (const old of readdirSync(reports).sort().slice(0, -KEPT)) rmSync(join(reports, old), {force: true});
    return path;
  } catch {
    return null;
  }
}
