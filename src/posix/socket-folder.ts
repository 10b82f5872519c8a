/**
 * Folders for sockets that other users must reach, or whose path must be short: outside of the fleet's own folder, which
 * no other user may enter and which may lie deep. All that is made there is checked, whoever made it first.
 *
 * Whoever may read a folder can hold its lock for as long as it likes, and mkdir(2) and rmdir(2) in it wait then, also of a
 * name that is there. So the folder that fleets share (`/run/brood`) is made once, by whom nobody waits for, and stays;
 * in it nobody else can read, so there each fleet makes and removes its own at any time.
 */
import {errorCode} from '../base/errors.ts';
import {createHash} from 'node:crypto';
import {chmodSync, lstatSync, mkdirSync, realpathSync, type Stats} from 'node:fs';
import {chmod, lstat, mkdir, realpath} from 'node:fs/promises';
import {basename, dirname, join} from 'node:path';
import {removeEmptyFolder} from './remove.ts';

/** Others may pass through it to a name that they were told, and can't list what it holds. */
const MODE = 0o711;
/** Another fleet may remove a shared folder, which was empty, between our two steps. */
const TRIES = 5;

export class SocketFolderError extends Error {
  readonly code: string;
  constructor(code: string, message: string) {
    super(`${message} (${code})`);
    this.name = 'SocketFolderError';
    this.code = code;
  }
}

/** `names` are this program's own, each inside of the one before; `base` was there before. */
export interface SocketFolder {
  readonly base: string;
  readonly names: readonly string[];
}

export const pathOf = ({base, names}: SocketFolder): string => join(base, ...names);

const codeOf = (error: unknown): string => errorCode(error);

/** The same for each way to write the path of a fleet's folder. */
function shortName(fleetFolder: string): string {
  let canonical = fleetFolder;
  try {
    canonical = realpathSync(fleetFolder);
  } catch {
    // It is gone: then its path is as good.
  }
  return createHash('sha256').update(canonical).digest('hex').slice(0, 12);
}

/** Where the sockets of a fleet may lie, in the order in which they are tried. */
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

/** That of a socket, from its path alone; null where it lies elsewhere, as in the folder of runs. */
export function socketFolderOf(address: string): SocketFolder | null {
  const folder = dirname(address);
  const above = dirname(folder);
  if (/^[0-9a-f]{12}$/.test(basename(folder)) && /^brood(-\d+)?$/.test(basename(above)))
    return {base: dirname(above), names: [basename(above), basename(folder)]};
  return basename(folder) === 'notify' ? {base: above, names: ['notify']} : null;
}

/**
 * Makes what is missing of it, and checks the rest. A folder that fleets share is not made where others could hold this up.
 *
 * @throws {@link SocketFolderError} where it is not there or can't be made, or is not this user's alone
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

/** The same on a thread, which may wait; here a shared folder is made, too. */
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

/** Whether it is there, and this user's alone from its base on: what is named in it lies there and nowhere else. */
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

/** Removes of it what is empty; a shared folder stays where others could hold this up. */
export function closeSocketFolder({base, names}: SocketFolder): void {
  const is = baseOf(base);
  const kept = typeof is !== 'string' && isPrivate(is) ? 0 : 1;
  for (let length = names.length; length > kept; length--)
    if (removeEmptyFolder(join(base, ...names.slice(0, length))) !== null) return;
}

/** Whether every user may pass through all folders down to that one. */
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

/** Nobody else can read it, and so nobody else can hold its lock. */
const isPrivate = ({mode}: Stats): boolean => (mode & 0o044) === 0;

/** What a base is; where it can't be entered, the error's code. */
function baseOf(path: string): Stats | string {
  try {
    return lstatSync(realpathSync(path));
  } catch (error) {
    return codeOf(error);
  }
}

/** In a folder where others may rename what is ours, nothing is ours. */
function checkBase(path: string, is: Stats | string): Stats {
  if (typeof is === 'string') throw new SocketFolderError(is, `${path} can't be entered`);
  if (!is.isDirectory()) throw new SocketFolderError('ENOTDIR', `${path} is no folder`);
  const isShared = (is.mode & 0o022) !== 0 && (is.mode & 0o1000) === 0;
  if (isShared || !isOwnOrRoots(is.uid))
    throw new SocketFolderError('EPERM', `other users may change what lies in ${path}`);
  return is;
}

/** Answers whether its mode is to be set: only its owner could put something else there, and nobody else rename it. */
function checkOwn(path: string, is: Stats): boolean {
  if (!is.isDirectory()) throw new SocketFolderError('ENOTDIR', `${path} is no folder: remove it`);
  if (!isOwnOrRoots(is.uid) || (is.mode & 0o022) !== 0)
    throw new SocketFolderError('EPERM', `folder ${path} belongs to or may be changed by another user: remove it`);
  return (is.mode & 0o7777) !== MODE && is.uid === process.getuid?.();
}

/** Of a failed mkdir(2): that one is there is as good; whatever else is told, but that the folder above is gone. */
function mayBeThere(path: string, error: unknown): void {
  const code = codeOf(error);
  if (code === 'ENOENT') throw error;
  if (code !== 'EEXIST') throw new SocketFolderError(code, `folder ${path} can't be made`);
}

function openOwn(path: string, mayMake: boolean): void {
  if (lstatSync(path, {throwIfNoEntry: false}) === undefined) {
    if (!mayMake) throw new SocketFolderError('ENOENT', `folder ${path} is gone: the next start makes it again`);
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
