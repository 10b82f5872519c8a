/**
 * Listening sockets that workers inherit. The keeper holds them and accepts nothing, so connections wait while workers
 * are restarted; a keeper that finds workers of an earlier one fetches the sockets from them.
 */
import {closeSync} from 'node:fs';
import {bindSocket, cantListen} from './bind-socket.ts';
import {ChannelError} from '../files/channel-error.ts';
import type {GrantOf} from '../../link/channels.ts';
import {mustLeaveRoom} from '../files/descriptor-reserve.ts';
import {FetchedSockets, type Holder} from './fetched-sockets.ts';
import type {InheritedKind, PrepareOptions} from './kind.ts';
import {SocketCare, type HeldSocket, type SocketCareHost} from './socket-names.ts';
import {fetchListening, isUnixPath, listenOn} from '../../posix/listen.ts';
import {onSocketThread} from '../../posix/socket-threads.ts';
import {removeOwn} from '../../posix/stale-socket.ts';

export type SocketsHost = Omit<SocketCareHost, 'renewed'>;

type SocketGrant = GrantOf<'socket'>;

interface Binding {
  readonly done: Promise<void>;
  /** Whether the socket is no longer declared. */
  isDropped: boolean;
}

export class Sockets implements InheritedKind<'socket'> {
  readonly whySlow =
    'a blocked process that reads the folder of a socket keeps others from creating it, or its file system does not answer';
  readonly #open = new Map<string, HeldSocket>();
  /** Sockets that are being bound at a path. */
  readonly #binding = new Map<string, Binding>();
  readonly #fetched = new FetchedSockets();
  readonly #care: SocketCare;
  /** Runs whose socket was replaced by another one. */
  readonly #outdated = new Set<string>();

  constructor(host: SocketsHost) {
    this.#care = new SocketCare({
      ...host,
      renewed: (address, tokens) => {
        for (const token of tokens) this.#outdated.add(token);
        host.outdated(tokens);
        this.#fetched.forget(address);
      },
    });
  }

  /** Descriptors by address, for an image of this program that takes them over. */
  get all(): ReadonlyMap<string, number> {
    return new Map([...this.#open].map(([address, {fd}]) => [address, fd]));
  }

  /** Returns the living runs to be replaced, since no client reaches their sockets. */
  outdated(isAlive: (token: string) => boolean): string[] {
    for (const token of this.#fetched.outdated(this.#open)) this.#outdated.add(token);
    for (const token of this.#outdated) if (!isAlive(token)) this.#outdated.delete(token);
    return [...this.#outdated];
  }

  mustPrepare({address}: SocketGrant): boolean {
    return isUnixPath(address) && !this.#open.has(address);
  }

  /** Binds the sockets that have a path. Rejects with ChannelError. */
  async prepare(grants: readonly SocketGrant[], {isWanted}: PrepareOptions): Promise<readonly number[]> {
    for (const grant of grants)
      if (this.mustPrepare(grant) && isWanted()) await (this.#binding.get(grant.address) ?? this.#bind(grant)).done;
    return [];
  }

  /** Returns listening sockets. Throws ChannelError. */
  open(grants: readonly SocketGrant[]): number[] {
    return grants.map(grant => this.#openOne(grant));
  }

  /** Does nothing: the sockets come from a worker, or from an earlier image of this process. */
  takeUp(): void {}

  #openOne(grant: SocketGrant): number {
    const {name, address} = grant;
    const known = this.#open.get(address);
    if (known !== undefined) return known.fd;
    // The channel was just removed from the fleet file.
    if (isUnixPath(address)) throw notDeclared(grant);
    try {
      const fd = listenOn(address);
      this.#open.set(address, {fd, name, file: null, seen: null});
      mustLeaveRoom([fd]);
      return fd;
    } catch (error) {
      throw cantListen(grant, error);
    }
  }

  /** Holds a socket of an earlier image of this process. */
  keep(address: string, fd: number): void {
    this.#open.set(address, {fd, name: null, file: null, seen: null});
  }

  /** Fetches the sockets that a worker of an earlier keeper has inherited. */
  fetch(
    {pidfd, ...run}: Holder & {readonly pidfd: number | null},
    grants: readonly SocketGrant[],
    first: number,
  ): void {
    if (pidfd === null) return;
    for (const [at, {name, address}] of grants.entries()) {
      const held = this.#open.get(address);
      if (held !== undefined) held.name ??= name;
      // Workers may hold different sockets of the same path.
      if (held !== undefined && !isUnixPath(address)) continue;
      const fd = fetchListening(run.pid, pidfd, first + at, address);
      if (fd === null) continue;
      if (this.#fetched.isNewest(address, run, fd, held !== undefined)) {
        if (held !== undefined) closeSync(held.fd);
        this.#open.set(address, {fd, name, file: null, seen: null});
      } else closeSync(fd);
    }
  }

  /** Compares the sockets that have a path with the files there. */
  repairNames(): void {
    for (const [address, held] of this.#open)
      if (isUnixPath(address) && !this.#binding.has(address)) this.#care.repairName(address, held, this.#open);
  }

  /** Closes sockets that are no longer declared; running workers keep theirs. Resolves when their files are gone. */
  async keepOnly(grants: readonly SocketGrant[]): Promise<void> {
    const addresses = grants.map(({address}) => address);
    const gone: Promise<void>[] = [];
    for (const [address, binding] of this.#binding) if (!addresses.includes(address)) binding.isDropped = true;
    for (const [address, {fd, file}] of this.#open) {
      if (addresses.includes(address)) continue;
      closeSync(fd);
      this.#open.delete(address);
      // Another process may listen at that path by now.
      if (isUnixPath(address)) gone.push(onSocketThread(address, () => removeOwn(address, file)));
    }
    await Promise.all(gone);
  }

  #bind(grant: SocketGrant): Binding {
    const {name, address} = grant;
    const bound = async (): Promise<void> => {
      try {
        const {fd, file} = await onSocketThread(address, () => bindSocket(grant));
        if (binding.isDropped) {
          closeSync(fd);
          await onSocketThread(address, () => removeOwn(address, file));
          throw notDeclared(grant);
        }
        this.#open.set(address, {fd, name, file, seen: null});
        mustLeaveRoom([fd]);
      } catch (error) {
        throw cantListen(grant, error);
      } finally {
        this.#binding.delete(address);
      }
    };
    const binding: Binding = {done: Promise.resolve().then(bound), isDropped: false};
    this.#binding.set(address, binding);
    return binding;
  }
}

const notDeclared = ({name, address}: SocketGrant): ChannelError =>
  new ChannelError(`channel ${name}: ${address} is no longer declared`, 'ECANCELED', null);
