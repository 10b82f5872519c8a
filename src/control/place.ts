/** Tests whether a living socket occupies a name. A living socket is never removed, whatever its type. */
import {errorCode} from '../base/errors.ts';
import {lstatSync, readdirSync, rmSync} from 'node:fs';
import {connect, type Socket} from 'node:net';
import {basename, dirname, join} from 'node:path';
import {socketAddress} from './socket-path.ts';

/** The process at the other end of a connection (unix(7), SO_PEERCRED). */
export interface Peer {
  readonly uid: number;
  /** 0 if the process is not visible from here. */
  readonly pid: number;
}

export type Occupant = 'nothing' | 'dead' | {readonly peer: Peer | null};

/**
 * Errors of connect(2) for a path at which no socket listens, and for a file that is not a socket (unix(7),
 * connect(2)).
 */
const DEAD = new Set(['ECONNREFUSED', 'ENOENT']);
/** A socket whose queue accepts no connection for this long is alive. */
const PATIENCE_MS = 1_000;

/**
 * Returns what is at the path. For a living socket, the result holds its peer if the kernel reports it.
 *
 * @param path short enough for connect(2)
 */
export async function occupantOf(path: string, peerOf: (socket: Socket) => Peer | null): Promise<Occupant> {
  if (lstatSync(path, {throwIfNoEntry: false}) === undefined) return 'nothing';
  const socket = connect(path);
  try {
    const code = await new Promise<string | null>(resolve => {
      const timer = setTimeout(() => resolve('ETIMEDOUT'), PATIENCE_MS);
      const done = (what: string | null): void => {
        clearTimeout(timer);
        resolve(what);
      };
      socket.once('connect', () => done(null));
      socket.once('error', error => done(errorCode(error)));
    });
    if (code === null) return {peer: peerOf(socket)};
    return DEAD.has(code) ? 'dead' : {peer: null};
  } finally {
    socket.on('error', () => undefined);
    socket.destroy();
  }
}

/** Returns an unused name beside the final one, for the initial bind. */
export async function temporaryBeside(path: string, peerOf: (socket: Socket) => Peer | null): Promise<string> {
  for (let count = 0; ; count++) {
    const name = `${path}.${process.pid}${count === 0 ? '' : `.${count}`}`;
    const address = socketAddress(name);
    try {
      const occupant = await occupantOf(address.path, peerOf);
      if (occupant === 'nothing') return name;
      // A process with this pid was killed before it renamed its socket.
      if (occupant === 'dead') {
        rmSync(address.path, {force: true, recursive: true});
        return name;
      }
    } finally {
      address.release();
    }
  }
}

/** Removes temporary sockets of servers that were killed before they renamed them. */
export async function removeDeadBeside(path: string, peerOf: (socket: Socket) => Peer | null): Promise<void> {
  const prefix = `${basename(path)}.`;
  for (const name of readdirSync(dirname(path))) {
    if (!name.startsWith(prefix) || !/^\d+(\.\d+)?$/.test(name.slice(prefix.length))) continue;
    const left = join(dirname(path), name);
    if (!lstatSync(left, {throwIfNoEntry: false})?.isSocket()) continue;
    const address = socketAddress(left);
    try {
      if ((await occupantOf(address.path, peerOf)) === 'dead') rmSync(address.path, {force: true});
    } finally {
      address.release();
    }
  }
}
