/**
 * A copy of the programs: a folder whose name is a hash of the names and bytes of all files in it, so the name alone
 * determines the content.
 */
import {createHash} from 'node:crypto';
import {
  closeSync,
  constants,
  fsyncSync,
  fstatSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import {basename, dirname, join} from 'node:path';

/** A file of a copy, and the path from which its bytes are read. */
export interface CopyFile {
  /** Relative to the copy's folder: `node_modules/koffi/index.cjs`. */
  readonly name: string;
  readonly path: string;
}

const CHUNK_BYTES = 64 * 1024;
const {O_RDONLY, O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW, O_NONBLOCK} = constants;

/** Digits of a name: the number that controllers of every version accept in `upgrade`. */
const DIGITS = 16;
/** The files that earlier versions hashed for the name of a copy, in this order, after the architecture. */
const EARLIER = ['node_modules/koffi/package.json', 'anchor.cjs', 'keeper.cjs', 'controller.cjs'] as const;

/** Reads a file and calls `take` with each piece: a keeper must not grow by the size of files that it only checks. */
function readPieces(path: string, take: (piece: Buffer) => void): void {
  const fd = openSync(path, O_RDONLY | O_NONBLOCK);
  try {
    if (!fstatSync(fd).isFile()) throw new Error(`${path} is not a file`);
    const buffer = Buffer.allocUnsafe(CHUNK_BYTES);
    let at = 0;
    for (
      let read = readSync(fd, buffer, 0, CHUNK_BYTES, 0);
      read > 0;
      read = readSync(fd, buffer, 0, CHUNK_BYTES, at)
    ) {
      at += read;
      take(buffer.subarray(0, read));
    }
  } finally {
    closeSync(fd);
  }
}

const byName = (one: CopyFile, other: CopyFile): number => (one.name < other.name ? -1 : 1);

/** Returns the name of a copy that has these files. Throws if one can't be read. */
export function nameOfCopy(files: readonly CopyFile[]): string {
  const hash = createHash('sha256');
  for (const {name, path} of [...files].sort(byName)) {
    // With its length at the end, a file can't be taken for a part of the next one.
    let bytes = 0;
    hash.update(`${name}\0`);
    readPieces(path, piece => {
      bytes += piece.length;
      hash.update(piece);
    });
    hash.update(`\0${bytes}\0`);
  }
  return hash.digest('hex').slice(0, DIGITS);
}

/**
 * Returns the name that earlier versions gave to a copy of these files. It does not cover most files of the library.
 */
function earlierName(files: readonly CopyFile[]): string | null {
  const hash = createHash('sha256').update(process.arch);
  for (const name of EARLIER) {
    const path = files.find(file => file.name === name)?.path;
    if (path === undefined) return null;
    readPieces(path, piece => hash.update(piece));
  }
  return hash.digest('hex').slice(0, DIGITS);
}

/** Whether a copy of these files has that name. */
export function isNamed(name: string, files: readonly CopyFile[]): boolean {
  try {
    return nameOfCopy(files) === name || earlierName(files) === name;
  } catch {
    return false;
  }
}

/** Returns every file below a copy's folder. Throws on anything else: the name does not cover the target of a link. */
export function filesOfCopy(folder: string): CopyFile[] {
  const found: CopyFile[] = [];
  const walk = (path: string, prefix: string): void => {
    for (const entry of readdirSync(path, {withFileTypes: true})) {
      const inner = join(path, entry.name);
      const name = `${prefix}${entry.name}`;
      if (entry.isDirectory()) walk(inner, `${name}/`);
      else if (entry.isFile()) found.push({name, path: inner});
      else throw new Error(`${inner} is not a file`);
    }
  };
  if (!lstatSync(folder).isDirectory()) throw new Error(`${folder} is not a folder`);
  walk(folder, '');
  return found;
}

/** Whether the folder holds exactly the content that its name determines. */
export function isWhole(folder: string): boolean {
  try {
    return isNamed(basename(folder), filesOfCopy(folder));
  } catch {
    return false;
  }
}

/** Whether `one` is a file of this user, and no link, with the bytes of `other`. */
function isSame(one: string, other: string): boolean {
  const fds: number[] = [];
  try {
    for (const path of [one, other]) fds.push(openSync(path, O_RDONLY | O_NONBLOCK | (path === one ? O_NOFOLLOW : 0)));
    const [a = -1, b = -1] = fds;
    const [of, as] = [fstatSync(a), fstatSync(b)];
    if (!of.isFile() || of.uid !== process.geteuid?.() || of.size !== as.size) return false;
    const [left, right] = [Buffer.allocUnsafe(CHUNK_BYTES), Buffer.allocUnsafe(CHUNK_BYTES)];
    for (let at = 0; at < of.size;) {
      const read = readSync(a, left, 0, CHUNK_BYTES, at);
      if (read === 0 || readSync(b, right, 0, read, at) !== read) return false;
      if (!left.subarray(0, read).equals(right.subarray(0, read))) return false;
      at += read;
    }
    return true;
  } catch {
    return false;
  } finally {
    for (const fd of fds) closeSync(fd);
  }
}

function syncFolder(path: string): void {
  const fd = openSync(path, O_RDONLY);
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

/** Creates a folder of our own, and removes anything else that has its name. */
function ownFolder(path: string): void {
  const stats = lstatSync(path, {throwIfNoEntry: false});
  if (stats?.isDirectory() && stats.uid === process.geteuid?.()) return;
  if (stats !== undefined) rmSync(path, {recursive: true, force: true});
  mkdirSync(path, {mode: 0o700});
}

export interface PutOptions {
  /** Wait for the disk, so that a power loss leaves a whole file or none. A keeper must never wait for a disk. */
  readonly sync: boolean;
}

/** Writes a file under a temporary name in an existing folder, then renames it into place. */
export function putFile(folder: string, {name, path}: CopyFile, {sync}: PutOptions): void {
  const target = join(folder, name);
  const made = join(dirname(target), `.${basename(target)}.${process.pid}`);
  rmSync(made, {recursive: true, force: true});
  const fd = openSync(made, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
  try {
    try {
      readPieces(path, piece => {
        for (let at = 0; at < piece.length;) at += writeSync(fd, piece, at);
      });
      if (sync) fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
    if (lstatSync(target, {throwIfNoEntry: false})?.isDirectory()) rmSync(target, {recursive: true});
    renameSync(made, target);
  } catch (error) {
    rmSync(made, {force: true});
    throw error;
  }
}

/**
 * Removes all entries of a folder that are not in `names`, except folders that contain one of them. Returns whether any
 * was removed.
 */
function removeOthers(folder: string, names: ReadonlySet<string>, prefix = ''): boolean {
  let removed = false;
  for (const entry of readdirSync(join(folder, prefix), {withFileTypes: true})) {
    const name = `${prefix}${entry.name}`;
    const isWanted = names.has(name) || [...names].some(other => other.startsWith(`${name}/`));
    if (isWanted && entry.isDirectory()) removed = removeOthers(folder, names, `${name}/`) || removed;
    else if (!isWanted) {
      rmSync(join(folder, name), {recursive: true, force: true});
      removed = true;
    }
  }
  return removed;
}

/**
 * Makes the folder hold exactly these files. Each file that differs is replaced in one step, so that a program that is
 * started meanwhile finds the old or the new one. Returns the names of the files that differed, and a note if others
 * were removed.
 */
export function putCopy(folder: string, files: readonly CopyFile[], {sync}: PutOptions = {sync: true}): string[] {
  ownFolder(folder);
  // Folders first: a file behind a link is not ours, whatever its bytes are.
  for (const {name} of files) {
    const steps = name.split('/').slice(0, -1);
    for (let depth = 1; depth <= steps.length; depth++) ownFolder(join(folder, ...steps.slice(0, depth)));
  }
  const wrong = files.filter(({name, path}) => !isSame(join(folder, name), path));
  for (const file of wrong) putFile(folder, file, {sync});
  const names = wrong.map(({name}) => name);
  if (removeOthers(folder, new Set(files.map(({name}) => name)))) names.push('files that do not belong to it');
  if (sync) for (const path of new Set(wrong.map(({name}) => dirname(join(folder, name))))) syncFolder(path);
  return names;
}

/**
 * Creates a copy under a temporary name first, so that its own name never has half of one. `mustWork` may still reject
 * it.
 */
export function makeCopy(
  folder: string,
  files: readonly CopyFile[],
  mustWork: (made: string) => void,
  options: PutOptions = {sync: true},
): void {
  const root = dirname(folder);
  const made = join(root, `.${basename(folder)}.${process.pid}`);
  try {
    rmSync(made, {recursive: true, force: true});
    putCopy(made, files, options);
    mustWork(made);
    try {
      renameSync(made, folder);
    } catch (error) {
      // Another `up` created the same copy at the same instant.
      if (!isWhole(folder)) throw error;
    }
    if (options.sync) syncFolder(root);
  } finally {
    rmSync(made, {recursive: true, force: true});
  }
}
