/**
 * Spawn records: what a later keeper must know of a run. One file a run, lines of JSON: the intent before the spawn,
 * the main process after it, its exit. A torn last line is left out; the lines before it still hold.
 */
import {closeSync, openSync, readdirSync, readFileSync, rmSync, writeSync} from 'node:fs';
import {join} from 'node:path';
import type {ExitFact, LogStart} from './messages.ts';
import type {SignalName} from '../posix/signals.ts';

export interface Intent {
  readonly token: string;
  readonly id: string;
  readonly boot: string;
  readonly logFolder: string;
  readonly logMaxSize: number;
  readonly logStart: LogStart;
  readonly stopSignal: SignalName;
  readonly stopTimeoutMs: number;
}

export interface Started {
  readonly pid: number;
  readonly startTime: string;
  readonly startedAt: number;
  readonly cgroup: string | null;
}

export interface SpawnRecord {
  readonly intent: Intent;
  readonly started: Started | null;
  readonly exit: ExitFact | null;
}

const recordPath = (folder: string, token: string): string => join(folder, `${token}.run`);

function append(path: string, line: object): void {
  const fd = openSync(path, 'a', 0o600);
  try {
    writeSync(fd, `${JSON.stringify(line)}\n`);
  } finally {
    closeSync(fd);
  }
}

export const recordIntent = (folder: string, intent: Intent): void =>
  append(recordPath(folder, intent.token), {intent});
export const recordStarted = (folder: string, token: string, started: Started): void =>
  append(recordPath(folder, token), {started});
export const recordExit = (folder: string, token: string, exit: ExitFact): void =>
  append(recordPath(folder, token), {exit});
export const removeRecord = (folder: string, token: string): void => rmSync(recordPath(folder, token), {force: true});

function parse(text: string): SpawnRecord | null {
  // The keeper wrote these lines itself, in a folder that nobody else may enter: a line that parses is whole.
  let found: Partial<{-readonly [K in keyof SpawnRecord]: SpawnRecord[K]}> = {};
  for (const line of text.split('\n')) {
    if (!line) continue;
    try {
      found = {...found, ...(JSON.parse(line) as Partial<SpawnRecord>)};
    } catch {
      continue;
    }
  }
  return found.intent ? {intent: found.intent, started: found.started ?? null, exit: found.exit ?? null} : null;
}

/** Every record in the folder. What can't be read as one is removed. */
export function readRecords(folder: string): SpawnRecord[] {
  const records: SpawnRecord[] = [];
  for (const name of readdirSync(folder)) {
    if (!name.endsWith('.run')) continue;
    const record = parse(readFileSync(join(folder, name), 'utf8'));
    if (record) records.push(record);
    else rmSync(join(folder, name), {force: true});
  }
  return records;
}
