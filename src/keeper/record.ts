/**
 * Spawn records: what a later keeper must know of a run. One file a run, named by its token, lines of JSON: the intent
 * before the spawn, the main process after it, its exit, and that nothing of it is left. What is torn is left out; the other lines still hold.
 */
import {closeSync, constants, openSync, readdirSync, readFileSync, renameSync, rmSync, writeSync} from 'node:fs';
import {join} from 'node:path';
import type {ExitFact, RunFact} from './messages.ts';
import {isCleared, isExit, isIntent, isStarted, type Intent, type Started} from './record-shape.ts';
import {removeFile} from '../posix/remove.ts';
import {isShortage} from '../process/stat.ts';

export interface SpawnRecord {
  readonly token: string;
  /** Null where that line is torn: of the run no more is known than its token. */
  readonly intent: Intent | null;
  readonly started: Started | null;
  readonly exit: ExitFact | null;
  /** It has said that it is ready. */
  readonly ready: boolean;
  /** Its controller has perhaps committed that, and been told to forget it: it is not to be taken for a new one. */
  readonly cleared: RunFact['cleared'];
}

const SUFFIX = '.run';
/** Of a record that is being written anew, until it is whole. */
const REWRITE_SUFFIX = `${SUFFIX}.new`;
const APPEND = constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | constants.O_NOFOLLOW;

/** The name of a run's record in the folder of runs. */
export const recordName = (token: string): string => token + SUFFIX;
const recordPath = (folder: string, token: string): string => join(folder, recordName(token));

const openRecord = (folder: string, token: string): number => openSync(recordPath(folder, token), APPEND, 0o600);

function write(fd: number, line: object): void {
  // It begins on a line of its own, should the one before be torn.
  const bytes = Buffer.from(`\n${JSON.stringify(line)}\n`);
  // A disk may have room for a part of it.
  for (let at = 0; at < bytes.length;) at += writeSync(fd, bytes, at);
}

function append(folder: string, token: string, line: object): void {
  const fd = openRecord(folder, token);
  try {
    write(fd, line);
  } finally {
    closeSync(fd);
  }
}

/** Begins the record of a run; answers a descriptor for {@link continueRecord}, to be closed. */
export function recordIntent(folder: string, intent: Intent): number {
  const fd = openRecord(folder, intent.token);
  try {
    write(fd, {intent});
    return fd;
  } catch (error) {
    closeSync(fd);
    throw error;
  }
}

/** The main process of a run whose record has just begun. */
export const continueRecord = (fd: number, started: Started): void => write(fd, {started});
export const recordStarted = (folder: string, token: string, started: Started): void =>
  append(folder, token, {started});
export const recordReady = (folder: string, token: string): void => append(folder, token, {ready: true});
export const recordExit = (folder: string, token: string, exit: ExitFact): void => append(folder, token, {exit});
export const recordCleared = (folder: string, token: string, cleared: RunFact['cleared']): void =>
  append(folder, token, {cleared});

/** Writes a record anew, in one step: it was removed while its run lives. */
export function rewriteRecord(folder: string, {token, intent, started, exit, ready, cleared}: SpawnRecord): void {
  const path = recordPath(folder, token);
  const made = join(folder, token + REWRITE_SUFFIX);
  const fd = openSync(made, APPEND | constants.O_TRUNC, 0o600);
  try {
    write(fd, {intent});
    if (started) write(fd, {started});
    if (ready) write(fd, {ready});
    if (exit) write(fd, {exit});
    if (cleared) write(fd, {cleared});
  } catch (error) {
    rmSync(made, {force: true});
    throw error;
  } finally {
    closeSync(fd);
  }
  renameSync(made, path);
}

export function removeRecord(folder: string, token: string): void {
  const path = recordPath(folder, token);
  try {
    removeFile(path);
  } catch {
    try {
      // A folder, of all things.
      rmSync(path, {force: true, recursive: true});
    } catch {
      // A disk that takes no change: a later keeper tells of this run once more.
    }
  }
}

/** A record of what its lines say; lines that are torn, or say something that no keeper writes, are left out. */
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
  // Without the boot that the intent names, a pid and a start time may be a stranger's.
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
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (isShortage(error)) throw error;
    // A bad disk, or no file at all: as good as torn.
    return '';
  }
}

/** Removes what keepers have left that died while they wrote a record anew. */
export function removeTornRewrites(folder: string): void {
  for (const name of namesIn(folder)) if (name.endsWith(REWRITE_SUFFIX)) removeFile(join(folder, name));
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR')) return [];
    throw error;
  }
}

/** Every record in the folder, torn ones too; none where there is no folder. */
export const readRecords = (folder: string): SpawnRecord[] =>
  namesIn(folder)
    .filter(name => name.endsWith(SUFFIX))
    .map(name => parseSpawnRecord(name.slice(0, -SUFFIX.length), readText(join(folder, name))));
