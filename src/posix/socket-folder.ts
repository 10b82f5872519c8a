/**
 * Folders for sockets that other users must reach, or whose path must be short: outside of the fleet's own folder, which
 * no other user may enter and which may lie deep. All that is made there is checked, whoever made it first.
 */
import {createHash} from 'node:crypto';
import {chmodSync, lstatSync, mkdirSync, realpathSync} from 'node:fs';
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

const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error ? String(error.code) : 'EUNKNOWN';

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
 * Makes what is missing of it, and checks the rest.
 *
 * @throws {@link SocketFolderError} where it can't be made, or is not this user's alone
 */
export function openSocketFolder({base, names}: SocketFolder): void {
  checkBase(base);
  for (let left = TRIES; ; left--) {
    try {
      let path = base;
      for (const name of names) openOwn((path = join(path, name)));
      return;
    } catch (error) {
      if (codeOf(error) !== 'ENOENT' || left === 0) throw error;
    }
  }
}

/** Removes of it what is empty. */
export function closeSocketFolder({base, names}: SocketFolder): void {
  for (let length = names.length; length > 0; length--)
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

/** In a folder where others may rename what is ours, nothing is ours. */
function checkBase(path: string): void {
  let is;
  try {
    is = lstatSync(realpathSync(path));
  } catch (error) {
    throw new SocketFolderError(codeOf(error), `${path} can't be entered`);
  }
  if (!is.isDirectory()) throw new SocketFolderError('ENOTDIR', `${path} is no folder`);
  const isShared = (is.mode & 0o022) !== 0 && (is.mode & 0o1000) === 0;
  if (isShared || !isOwnOrRoots(is.uid))
    throw new SocketFolderError('EPERM', `other users may change what lies in ${path}`);
}

function openOwn(path: string): void {
  try {
    mkdirSync(path, {mode: MODE});
  } catch (error) {
    const code = codeOf(error);
    if (code === 'ENOENT') throw error;
    if (code !== 'EEXIST') throw new SocketFolderError(code, `folder ${path} can't be made`);
  }
  const is = lstatSync(path);
  if (!is.isDirectory()) throw new SocketFolderError('ENOTDIR', `${path} is no folder: remove it`);
  if (!isOwnOrRoots(is.uid) || (is.mode & 0o022) !== 0)
    throw new SocketFolderError('EPERM', `folder ${path} belongs to or may be changed by another user: remove it`);
  // Only its owner could put something else there, and the folder above lets nobody else rename it.
  if ((is.mode & 0o7777) !== MODE && is.uid === process.getuid?.()) chmodSync(path, MODE);
}
