/**
 * Folders for sockets that other users must reach, or whose path must be short. Where possible they lie outside the
 * fleet's own folder, which no other user may enter and which may lie deep. Every such folder is checked, whichever
 * process created it.
 *
 * Any process that can read a folder can hold its lock for as long as it likes, and mkdir(2) and rmdir(2) in the folder
 * block meanwhile, even for an existing name. So the folder that fleets share (`/run/brood`) is created once, by a
 * process that nothing waits for, and stays. No other user can read it, so each fleet can create and remove its own
 * folder in it at any time.
 */
import {errorCode} from '../base/errors.ts';
import {createHash} from 'node:crypto';
import {chmodSync, lstatSync, mkdirSync, realpathSync, type Stats} from 'node:fs';
import {chmod, lstat, mkdir, realpath} from 'node:fs/promises';
import {basename, dirname, join} from 'node:path';
import {removeEmptyFolder} from './remove.ts';

/** Other users can reach a name that they know, but can't list the folder. */
const MODE = 0o711;
/** Another fleet may remove an empty shared folder between two steps. */
const TRIES = 5;

export class SocketFolderError extends Error {
  readonly code: string;
  constructor(code: string, message: string) {
    super(`${message} (${code})`);
    this.name = 'SocketFolderError';
    this.code = code;
  }
}

/** `names` are this program's own folders, each inside the one before; `base` exists already. */
export interface SocketFolder {
  readonly base: string;
  readonly names: readonly string[];
}

export const pathOf = ({base, names}: SocketFolder): string => join(base, ...names);

const codeOf = (error: unknown): string => errorCode(error);

/** Returns a short name that is the same for every spelling of the path of a fleet's folder. */
function shortName(fleetFolder: string): string {
  let canonical = fleetFolder;
  try {
    canonical = realpathSync(fleetFolder);
  } catch {
    // The folder is gone: its path as given is as good.
  }
  return createHash('sha256').update(canonical).digest('hex').slice(0, 12);
}

/** Returns the folders in which the sockets of a fleet may lie, in the order in which they are tried. */
export function socketFolders(fleetFolder: string, env: NodeJS.ProcessEnv, uid: number): SocketFolder[] {
  const short = shortName(fleetFolder);
  if (uid === 0) {
    return [
      {base: '/run', names: ['brood', short]},
      {base: fleetFolder, names: ['notify']},
    ];
  }
  const runtime = env['XDG_RUNTIME_DIR'];
  return [
    ...(runtime?.startsWith('/') ? [{base: runtime, names: ['brood', short]}] : []),
    {base: '/tmp', names: [`brood-${uid}`, short]},
  ];
}

/** Returns the folder of a socket, from its path alone, or null if it lies elsewhere, as in the folder of runs. */
export function socketFolderOf(address: string): SocketFolder | null {
  const folder = dirname(address);
  const above = dirname(folder);
  if (/^[0-9a-f]{12}$/.test(basename(folder)) && /^brood(-\d+)?$/.test(basename(above)))
    return {base: dirname(above), names: [basename(above), basename(folder)]};
  return basename(folder) === 'notify' ? {base: above, names: ['notify']} : null;
}

/**
 * Creates missing folders and checks existing ones. A shared folder is not created where other users could block the
 * call.
 *
 * @throws {@link SocketFolderError} if a folder is missing, can't be created, or may be changed by another user
 */
export function openSocketFolder({base, names}: SocketFolder): void {
  for (let left = TRIES; ; left--) {
    try {
      const mayMakeAll = isPrivate(checkBase(base, baseOf(base)));
      let path = base;
      for (const [index, name] of names.entries())
        openOwn((path = join(path, name)), mayMakeAll || index === names.length - 1);
      return;
    } catch (error) {
      if (codeOf(error) !== 'ENOENT' || error instanceof SocketFolderError || left === 0) throw error;
    }
  }
}

/** Does the same on a thread, which may block, and also creates shared folders. */
export async function makeSocketFolder({base, names}: SocketFolder): Promise<void> {
  for (let left = TRIES; ; left--) {
    try {
      checkBase(base, await lstat(await realpath(base)).catch((error: unknown) => codeOf(error)));
      let path = base;
      for (const name of names) await makeOwn((path = join(path, name)));
      return;
    } catch (error) {
      if (codeOf(error) !== 'ENOENT' || error instanceof SocketFolderError || left === 0) throw error;
    }
  }
}

/** Whether the folder exists and no other user can change it from its base on: a name in it leads nowhere else. */
export function isOwnSocketFolder({base, names}: SocketFolder): boolean {
  try {
    checkBase(base, baseOf(base));
    let path = base;
    for (const name of names) checkOwn((path = join(path, name)), lstatSync(path));
    return true;
  } catch {
    return false;
  }
}

/** Removes empty folders; a shared folder stays where other users could block the call. */
export function closeSocketFolder({base, names}: SocketFolder): void {
  const is = baseOf(base);
  const kept = typeof is !== 'string' && isPrivate(is) ? 0 : 1;
  for (let length = names.length; length > kept; length--)
    if (removeEmptyFolder(join(base, ...names.slice(0, length))) !== null) return;
}

/** Whether every user may pass through all folders down to `path`. */
export function isReachable(path: string): boolean {
  try {
    for (let at = realpathSync(path); ; at = dirname(at)) {
      if ((lstatSync(at).mode & 0o001) === 0) return false;
      if (at === '/') return true;
    }
  } catch {
    return false;
  }
}

const isOwnOrRoots = (uid: number): boolean => uid === 0 || uid === process.getuid?.();

/** Whether other users can't read a folder, and so can't hold its lock. */
const isPrivate = ({mode}: Stats): boolean => (mode & 0o044) === 0;

/** Returns the status of a base, or the error code if it can't be entered. */
function baseOf(path: string): Stats | string {
  try {
    return lstatSync(realpathSync(path));
  } catch (error) {
    return codeOf(error);
  }
}

/** Checks a base: in a folder where other users may rename our entries, nothing is ours. */
function checkBase(path: string, is: Stats | string): Stats {
  if (typeof is === 'string') throw new SocketFolderError(is, `${path} can't be entered`);
  if (!is.isDirectory()) throw new SocketFolderError('ENOTDIR', `${path} is not a folder`);
  const isShared = (is.mode & 0o022) !== 0 && (is.mode & 0o1000) === 0;
  if (isShared || !isOwnOrRoots(is.uid))
    throw new SocketFolderError('EPERM', `other users can change the contents of ${path}`);
  return is;
}

/**
 * Checks one of our folders. Returns whether its mode has to be set, which is safe: only the owner can replace it, and
 * no other user can rename it.
 */
function checkOwn(path: string, is: Stats): boolean {
  if (!is.isDirectory()) throw new SocketFolderError('ENOTDIR', `${path} is not a folder: remove it`);
  if (!isOwnOrRoots(is.uid) || (is.mode & 0o022) !== 0)
    throw new SocketFolderError('EPERM', `folder ${path} belongs to, or can be changed by, another user: remove it`);
  return (is.mode & 0o7777) !== MODE && is.uid === process.getuid?.();
}

/**
 * Handles an error of mkdir(2): ignores EEXIST, rethrows ENOENT (the folder above is gone), and throws
 * {@link SocketFolderError} for any other.
 */
function mayBeThere(path: string, error: unknown): void {
  const code = codeOf(error);
  if (code === 'ENOENT') throw error;
  if (code !== 'EEXIST') throw new SocketFolderError(code, `folder ${path} can't be created`);
}

function openOwn(path: string, mayMake: boolean): void {
  if (lstatSync(path, {throwIfNoEntry: false}) === undefined) {
    if (!mayMake) throw new SocketFolderError('ENOENT', `folder ${path} is gone: the next start creates it again`);
    try {
      mkdirSync(path, {mode: MODE});
    } catch (error) {
      mayBeThere(path, error);
    }
  }
  if (checkOwn(path, lstatSync(path)) && mayMake) chmodSync(path, MODE);
}

async function makeOwn(path: string): Promise<void> {
  try {
    if (checkOwn(path, await lstat(path))) await chmod(path, MODE);
    return;
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error;
  }
  await mkdir(path, {mode: MODE}).catch((error: unknown) => mayBeThere(path, error));
  if (checkOwn(path, await lstat(path))) await chmod(path, MODE);
}
