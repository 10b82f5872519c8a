/**
 * Spawn records: what a later keeper must know of a run. One file a run, named by its token, lines of JSON: the intent
 * before the spawn, the main process after it, its exit, and that nothing of it is left. What is torn is left out; the other lines still hold.
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
const {O_RDONLY, O_WRONLY, O_APPEND, O_CREAT, O_TRUNC, O_NOFOLLOW, O_NONBLOCK} = constants;
/** Neither a link is followed, nor is a FIFO waited for that somebody has put there. */
const READ = O_RDONLY | O_NOFOLLOW | O_NONBLOCK;
const APPEND = O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK;

/** Where a run's record lies in the folder of runs. */
export const recordPath = (folder: string, token: string): string => join(folder, token + SUFFIX);

/** A record that is open to be written. */
export interface OpenRecord {
  readonly path: string;
  readonly fd: number;
}

function openRecord(folder: string, token: string): OpenRecord {
  const path = recordPath(folder, token);
  return {path, fd: openSync(path, APPEND, 0o600)};
}

function write(fd: number, line: object): void {
  // It begins on a line of its own, should the one before be torn.
  const bytes = Buffer.from(`\n${JSON.stringify(line)}\n`);
  // A disk may have room for a part of it.
  for (let at = 0; at < bytes.length;) at += writeSync(fd, bytes, at);
}

/** Adds a line. What somebody else has changed before stays to be seen: with this line it is not whole either. */
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

/** Begins the record of a run, for {@link continueRecord}; its descriptor is to be closed. */
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

/** The main process of a run whose record has just begun. */
export const continueRecord = (record: OpenRecord, started: Started): void => add(record, {started});
export const recordStarted = (folder: string, token: string, started: Started): void =>
  append(folder, token, {started});
export const recordReady = (folder: string, token: string): void => append(folder, token, {ready: true});
export const recordExit = (folder: string, token: string, exit: ExitFact): void => append(folder, token, {exit});
export const recordCleared = (folder: string, token: string, cleared: RunFact['cleared']): void =>
  append(folder, token, {cleared});

/** Writes a record anew, in one step: it was removed or changed while its run lives. */
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
    // A file can't take the name of a folder.
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
  let fd: number | null = null;
  try {
    fd = openSync(path, READ);
    if (!fstatSync(fd).isFile()) return '';
    // First: what is changed from now on is not what was read.
    noteRecord(path, fd);
    return readFileSync(fd, 'utf8');
  } catch (error) {
    if (isShortage(error)) throw error;
    // A bad disk, or no file at all: as good as torn.
    return '';
  } finally {
    if (fd !== null) closeSync(fd);
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
    if (hasCode(error, 'ENOENT', 'ENOTDIR')) return [];
    throw error;
  }
}

/** Every record in the folder, torn ones too; none where there is no folder. */
export const readRecords = (folder: string): SpawnRecord[] =>
  namesIn(folder)
    .filter(name => name.endsWith(SUFFIX))
    .map(name => parseSpawnRecord(name.slice(0, -SUFFIX.length), readText(join(folder, name))));
