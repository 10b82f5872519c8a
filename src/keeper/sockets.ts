/**
 * Listening sockets that workers inherit. The keeper holds them and accepts nothing, so connections wait while workers
 * are restarted; a keeper that finds workers of another one fetches them from those.
 */
import {closeSync} from 'node:fs';
import {ChannelError, codeOf} from './channel-error.ts';
import type {SocketGrant} from './messages.ts';
import {mustLeaveRoom} from './room.ts';
import {fetchListening, fetchRefusal, isUnixPath, listenOn} from '../posix/listen.ts';
import {removeOwn, type FileId} from '../posix/stale-socket.ts';

/** The first descriptor of a worker that is a socket (sd_listen_fds(3)). */
export const FIRST_SOCKET_FD = 3;

function cantListen({name, address}: SocketGrant, cause: unknown): ChannelError {
  const code = codeOf(cause);
  const why: Readonly<Record<string, string>> = {
    EADDRINUSE:
      fetchRefusal() === null
        ? 'another program listens there'
        : 'another program, or a worker that an earlier keeper started, listens there',
    EACCES: 'this user may not listen there',
    EADDRNOTAVAIL: 'this machine has no such address',
    EINVAL: 'an address in numbers is needed, such as 127.0.0.1:8080',
  };
  const message = `channel ${name}: can't listen on ${address}: ${why[code] ?? 'the kernel refused'}`;
  return new ChannelError(message, code, cause);
}

export class Sockets {
  readonly #open = new Map<string, number>();
  /** The files of those that this image of the program has bound. */
  readonly #files = new Map<string, FileId>();

  /** By address, for an image of this program that takes them over. */
  get all(): ReadonlyMap<string, number> {
    return this.#open;
  }

  /** The descriptor of a socket, which listens from now on. Throws ChannelError. */
  open(grant: SocketGrant): number {
    const known = this.#open.get(grant.address);
    if (known !== undefined) return known;
    try {
      const {fd, file} = listenOn(grant.address);
      this.#open.set(grant.address, fd);
      if (file !== null) this.#files.set(grant.address, file);
      mustLeaveRoom([fd]);
      return fd;
    } catch (error) {
      throw cantListen(grant, error);
    }
  }

  /** One that an earlier image of this process had. */
  takeUp(address: string, fd: number): void {
    this.#open.set(address, fd);
  }

  /** Those that a worker of an earlier keeper has inherited. */
  fetch(pid: number, pidfd: number, grants: readonly SocketGrant[]): void {
    for (const [at, {address}] of grants.entries()) {
      if (this.#open.has(address)) continue;
      const fd = fetchListening(pid, pidfd, FIRST_SOCKET_FD + at, address);
      if (fd !== null) this.#open.set(address, fd);
    }
  }

  /** Closes those that are not wanted any more; workers that run keep theirs. */
  keepOnly(addresses: readonly string[]): void {
    for (const [address, fd] of this.#open) {
      if (addresses.includes(address)) continue;
      closeSync(fd);
      // Somebody else may listen at that path by now.
      if (isUnixPath(address)) removeOwn(address, this.#files.get(address) ?? null);
      this.#open.delete(address);
      this.#files.delete(address);
    }
  }
}
