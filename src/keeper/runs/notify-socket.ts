/** The socket for a run's notices: made in a folder of this user alone, and removed with it. */
import {errorCode} from '../../base/errors.ts';
import {readdirSync} from 'node:fs';
import {join} from 'node:path';
import {ChannelError} from '../files/channel-error.ts';
import {bindDatagram} from '../../posix/datagram.ts';
import {removeFile, removeIfPossible} from '../../posix/remove.ts';
import {
  closeSocketFolder,
  isOwnSocketFolder,
  openSocketFolder,
  pathOf,
  SocketFolderError,
  socketFolderOf,
  socketFolders,
} from '../../posix/socket-folder.ts';
import {isShortage} from '../../process/stat.ts';

export interface NotifyAddress {
  /** A path; `@name` for a run that an earlier version has started. */
  readonly address: string;
  readonly owner: {readonly uid: number; readonly gid: number} | null;
}

const isAbstract = (address: string): boolean => address.startsWith('@');

const NAME = /^[0-9a-f]{32}\.notify$/;

/** Retries: another fleet may remove the shared folder above, which was empty, between the two steps. */
const TRIES = 3;

/** Binds the socket. Throws if the kernel refuses. */
export function bindNotify({address, owner}: NotifyAddress): number {
  const folder = isAbstract(address) ? null : socketFolderOf(address);
  for (let left = TRIES; ; left--) {
    try {
      if (folder !== null) openSocketFolder(folder);
      return bindDatagram(address, owner);
    } catch (error) {
      if (errorCode(error) !== 'ENOENT' || error instanceof SocketFolderError || left === 0) throw error;
    }
  }
}

/** Binds the socket of a new run. Throws ChannelError, whose message names the socket, the reason, and a remedy. */
export function makeNotify(at: NotifyAddress): number {
  const {address} = at;
  if (isAbstract(address))
    throw new ChannelError(`its notify socket ${address} would be open to every user`, 'EPERM', null);
  try {
    return bindNotify(at);
  } catch (error) {
    const code = errorCode(error);
    const why: Readonly<Record<string, string>> = {
      EADDRINUSE: 'something else is there: remove it',
      EACCES: "this user can't write to its folder",
      ENOENT: 'its folder is gone',
      ENOSPC: 'the disk is full',
      EROFS: 'its file system is read-only',
      EPERM: "this user can't make the user of the worker its owner",
      EMFILE: 'no free descriptor for it',
      ENFILE: 'no free descriptor for it',
    };
    const reason = error instanceof SocketFolderError ? error.message : (why[code] ?? 'the kernel refused');
    throw new ChannelError(`its notify socket ${address} can't be created: ${reason}`, code, error);
  }
}

/** Removes the socket's file, and its folder if that is empty. */
export function removeNotify(address: string): void {
  if (isAbstract(address)) return;
  try {
    removeFile(address);
    const folder = socketFolderOf(address);
    if (folder !== null) closeSocketFolder(folder);
  } catch (error) {
    if (isShortage(error)) throw error;
    // The file system accepts no change: the socket's file stays, without a receiver.
  }
}

/**
 * Removes the sockets in this fleet's own folders that belong to none of its runs: their keeper was lost while it made
 * them.
 */
export function removeOtherNotify(fleetFolder: string, kept: ReadonlySet<string>): void {
  for (const place of socketFolders(fleetFolder, process.env, process.getuid?.() ?? 0)) {
    const folder = pathOf(place);
    try {
      if (!isOwnSocketFolder(place)) continue;
      const names = readdirSync(folder).filter(name => NAME.test(name) && !kept.has(join(folder, name)));
      for (const name of names) removeIfPossible(join(folder, name));
    } catch (error) {
      if (isShortage(error)) throw error;
      // The folder is gone.
    }
    closeSocketFolder(place);
  }
}
