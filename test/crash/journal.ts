/** The journal of a fleet, held against what its workers say of themselves. */
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

/** What is wrong with lines of it: that they are none, or that their numbers do not rise. */
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
 * What is wrong with it: lines that are none, numbers that do not rise, and runs that do not begin and end once each.
 *
 * @param mains the main processes of each instance, as they themselves have said
 * @param unnoted of an instance, how many of them may be missing (a keeper died between fork and record)
 */
export function faultsOfJournal(
  lines: readonly string[],
  mains: ReadonlyMap<string, readonly number[]>,
  living: ReadonlySet<number>,
  unnoted: number,
): string[] {
  const faults = faultsOfLines(lines);
  /** By instance and pid: how often it was said to begin and to end. */
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
