/**
 * Spawn records: the facts of a run that a later keeper needs. One file per run, named by its token, with lines of
 * JSON: the intent before the spawn, the main process after it, its exit, and that nothing of it is left. Torn lines
 * are skipped; the others still hold.
 */
import {hasCode} from '../../base/errors.ts';
import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import {join} from 'node:path';
import type {ExitFact, RunFact} from '../../link/runs.ts';
import {forgetRecord, isAsNoted, noteRecord} from './marks.ts';
import {isCleared, isExit, isIntent, isStarted, type Intent, type Started} from './shape.ts';
import {removeFile} from '../../posix/remove.ts';
import {isShortage} from '../../process/stat.ts';

export interface SpawnRecord {
  readonly token: string;
  /** Null if that line is torn: only the token of the run is known. */
  readonly intent: Intent | null;
  readonly started: Started | null;
  readonly exit: ExitFact | null;
  /** Whether the run has reported readiness. */
  readonly ready: boolean;
  /** The controller may have committed this end and forgotten the run: the run must not be taken for a new one. */
  readonly cleared: RunFact['cleared'];
}

const SUFFIX = '.run';
/** Suffix of a record that is being rewritten, until it is whole. */
const REWRITE_SUFFIX = `${SUFFIX}.new`;
const {O_RDONLY, O_WRONLY, O_APPEND, O_CREAT, O_TRUNC, O_NOFOLLOW, O_NONBLOCK} = constants;
/** Follows no link, and does not block on a FIFO that someone has put there. */
const READ = O_RDONLY | O_NOFOLLOW | O_NONBLOCK;
const APPEND = O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK;

/** Returns the path of a run's record in the folder of runs. */
export const recordPath = (folder: string, token: string): string => join(folder, token + SUFFIX);

/** A record that is open for writing. */
export interface OpenRecord {
  readonly path: string;
  readonly fd: number;
}

function openRecord(folder: string, token: string): OpenRecord {
  const path = recordPath(folder, token);
  return {path, fd: openSync(path, APPEND, 0o600)};
}

function write(fd: number, line: object): void {
  // The text begins on a line of its own, in case the line before is torn.
  const bytes = Buffer.from(`\n${JSON.stringify(line)}\n`);
  // A disk may have room for a part of the text.
  for (let at = 0; at < bytes.length;) at += writeSync(fd, bytes, at);
}

/** Adds a line. An earlier change by another process stays detectable: this line does not make the record whole. */
function add({path, fd}: OpenRecord, line: object): void {
  const isOwn = isAsNoted(path, fd);
  try {
    write(fd, line);
  } finally {
    if (isOwn) noteRecord(path, fd);
  }
}

function append(folder: string, token: string, line: object): void {
  const record = openRecord(folder, token);
  try {
    add(record, line);
  } finally {
    closeSync(record.fd);
  }
}

/** Begins the record of a run, for {@link continueRecord}. The caller closes the descriptor. */
export function recordIntent(folder: string, intent: Intent): OpenRecord {
  const record = openRecord(folder, intent.token);
  try {
    add(record, {intent});
    return record;
  } catch (error) {
    closeSync(record.fd);
    throw error;
  }
}

/** Records the main process of a run whose record has just begun. */
export const continueRecord = (record: OpenRecord, started: Started): void => add(record, {started});
export const recordStarted = (folder: string, token: string, started: Started): void =>
  append(folder, token, {started});
export const recordReady = (folder: string, token: string): void => append(folder, token, {ready: true});
export const recordExit = (folder: string, token: string, exit: ExitFact): void => append(folder, token, {exit});
export const recordCleared = (folder: string, token: string, cleared: RunFact['cleared']): void =>
  append(folder, token, {cleared});

/** Rewrites a record in one step, after it was removed or changed while its run lives. */
export function rewriteRecord(folder: string, {token, intent, started, exit, ready, cleared}: SpawnRecord): void {
  const path = recordPath(folder, token);
  const made = join(folder, token + REWRITE_SUFFIX);
  const fd = openSync(made, APPEND | O_TRUNC, 0o600);
  try {
    write(fd, {intent});
    if (started) write(fd, {started});
    if (ready) write(fd, {ready});
    if (exit) write(fd, {exit});
    if (cleared) write(fd, {cleared});
    // rename(2) can't put a file in the place of a folder.
    if (lstatSync(path, {throwIfNoEntry: false})?.isDirectory()) rmSync(path, {recursive: true});
    renameSync(made, path);
    noteRecord(path, fd);
  } catch (error) {
    rmSync(made, {force: true});
    throw error;
  } finally {
    closeSync(fd);
  }
}

export function removeRecord(folder: string, token: string): void {
  const path = recordPath(folder, token);
  forgetRecord(path);
  try {
    removeFile(path);
  } catch {
    try {
      // A folder lies at the path.
      rmSync(path, {force: true, recursive: true});
    } catch {
      // The disk accepts no change: a later keeper reports this run once more.
    }
  }
}

/** Parses a record. Lines that are torn, or that no keeper writes, are skipped. */
export function parseSpawnRecord(token: string, text: string): SpawnRecord {
  let intent: Intent | null = null;
  let started: Started | null = null;
  let exit: ExitFact | null = null;
  let ready = false;
  let cleared: RunFact['cleared'] = null;
  for (const line of text.split('\n')) {
    const said = partsOf(line);
    if (isIntent(said['intent'])) intent = said['intent'];
    if (isStarted(said['started'])) started = said['started'];
    if (isExit(said['exit'])) exit = said['exit'];
    if (isCleared(said['cleared'])) cleared = said['cleared'];
    if (said['ready'] === true) ready = true;
  }
  // Without the boot in the intent, a pid and a start time may be a stranger's.
  return {token, intent, started: intent && started, exit: intent && exit, ready, cleared: intent && cleared};
}

function partsOf(line: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null ? {...value} : {};
  } catch {
    return {};
  }
}

function readText(path: string): string {
  let fd: number | null = null;
  try {
    fd = openSync(path, READ);
    if (!fstatSync(fd).isFile()) return '';
    // Noted first: a later change then differs from the text that was read.
    noteRecord(path, fd);
    return readFileSync(fd, 'utf8');
  } catch (error) {
    if (isShortage(error)) throw error;
    // A bad disk, or no file at all: treated as torn.
    return '';
  } finally {
    if (fd !== null) closeSync(fd);
  }
}

/** Removes unfinished rewrites of keepers that died. */
export function removeTornRewrites(folder: string): void {
  for (const name of namesIn(folder)) if (name.endsWith(REWRITE_SUFFIX)) removeFile(join(folder, name));
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ENOTDIR')) return [];
    throw error;
  }
}

/** Returns every record in the folder, torn ones included; none if there is no folder. */
export const readRecords = (folder: string): SpawnRecord[] =>
  namesIn(folder)
    .filter(name => name.endsWith(SUFFIX))
    .map(name => parseSpawnRecord(name.slice(0, -SUFFIX.length), readText(join(folder, name))));
