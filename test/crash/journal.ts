/** Compares the journal of a fleet with the records of its workers. */
import {isObject} from '../../src/base/json.ts';
import {readdirSync, readFileSync} from 'node:fs';
import {join} from 'node:path';

interface Entry {
  readonly seq: number;
  readonly type: string;
  readonly id: string | null;
  readonly pid: number | null;
}

function entryOf(line: string): Entry | null {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return null;
  }
  if (!isObject(value) || typeof value['seq'] !== 'number' || typeof value['type'] !== 'string') return null;
  const {seq, type, worker, instance, pid} = value;
  const id = typeof worker === 'string' && typeof instance === 'number' ? `${worker}/${instance}` : null;
  return {seq, type, id, pid: typeof pid === 'number' ? pid : null};
}

export function readJournal(folder: string): string[] {
  const names = readdirSync(folder).filter(name => /^journal\..*jsonl$/.test(name));
  // `journal.00000001.jsonl` sorts before `journal.jsonl`.
  return names.sort().flatMap(name => readFileSync(join(folder, name), 'utf8').split('\n').filter(Boolean));
}

/** Returns the faults of its lines: invalid ones, and numbers that do not increase. */
export function faultsOfLines(lines: readonly string[]): string[] {
  const faults: string[] = [];
  let last = 0;
  for (const line of lines) {
    const entry = entryOf(line);
    if (entry === null) faults.push(`the journal has a line that is none: ${line.slice(0, 100)}`);
    else if (entry.seq <= last) faults.push(`the journal's number ${entry.seq} (${entry.type}) follows ${last}`);
    last = Math.max(last, entry?.seq ?? 0);
  }
  return faults;
}

/**
 * Returns the faults of the journal: invalid lines, numbers that do not increase, and runs that do not begin and end
 * exactly once.
 *
 * @param mains the main processes of each instance, as recorded by themselves
 * @param unnoted how many of them may be missing per instance (a keeper died between fork and record)
 */
export function faultsOfJournal(
  lines: readonly string[],
  mains: ReadonlyMap<string, readonly number[]>,
  living: ReadonlySet<number>,
  unnoted: number,
): string[] {
  const faults = faultsOfLines(lines);
  /** Number of records of the start and the end, by instance and pid. */
  const runs = new Map<string, {spawned: number; exited: number}>();
  for (const line of lines) {
    const entry = entryOf(line);
    if (entry === null) continue;
    if ((entry.type !== 'spawned' && entry.type !== 'exited') || entry.id === null || entry.pid === null) continue;
    const key = `${entry.id} pid ${entry.pid}`;
    const run = runs.get(key) ?? {spawned: 0, exited: 0};
    run[entry.type]++;
    runs.set(key, run);
  }
  for (const [key, {spawned, exited}] of runs) {
    if (spawned !== 1) faults.push(`the journal says ${spawned} times that ${key} was spawned`);
    const wanted = living.has(Number(key.split(' ').at(-1))) ? 0 : 1;
    if (exited !== wanted)
      faults.push(`the journal says ${exited} times that ${key} exited, which it did ${wanted} times`);
  }
  for (const [id, pids] of mains) {
    const missing = pids.filter(pid => !runs.has(`${id} pid ${pid}`));
    if (missing.length > unnoted) faults.push(`the journal does not know of ${id} pid ${missing.join(', ')}`);
  }
  return faults;
}
