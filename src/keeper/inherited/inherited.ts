/**
 * Channels that workers inherit besides their output, in the order of their descriptors: listening sockets first
 * (sd_listen_fds(3)).
 */
import {GRANT_ORDER, type Grant, type GrantKind, type GrantOf} from '../../link/channels.ts';
import type {SpawnOrder} from '../../link/spawn.ts';
import {letGo} from '../../posix/let-go.ts';
import type {Replaced} from '../handover.ts';
import type {EarlierPipes} from '../pipe-store/earlier.ts';
import type {PipeStore} from '../pipe-store/store.ts';
import {channelsOf, type Intent} from '../runs/shape.ts';
import type {Holder} from './fetched-sockets.ts';
import type {InheritedKind} from './kind.ts';
import {Pipes} from './pipes.ts';
import {Sockets, type SocketsHost} from './sockets.ts';

const FIRST_FD = 3;
/** Removing a socket takes microseconds. */
const PATIENCE_MS = 2_000;

/** Descriptors that were opened for one run alone. */
export type Prepared = ReadonlyMap<GrantKind, readonly number[]>;

export const fdsOf = (prepared: Prepared): number[] => [...prepared.values()].flat();

const among = <K extends GrantKind>(kind: K, grants: readonly Grant[]): GrantOf<K>[] =>
  grants.filter((grant): grant is Extract<Grant, GrantOf<K>> => grant.kind === kind);

export class Grants {
  readonly #sockets: Sockets;
  readonly #pipes: Pipes;
  readonly #kinds: {readonly [K in GrantKind]: InheritedKind<K>};

  /** @param kept sockets of an earlier image of this process */
  constructor(fleetFolder: string, kept: Replaced['sockets'], store: PipeStore, host: SocketsHost) {
    this.#sockets = new Sockets(host);
    this.#pipes = new Pipes(fleetFolder, store);
    this.#kinds = {socket: this.#sockets, pipe: this.#pipes};
    for (const [address, fd] of kept) this.#sockets.keep(address, fd);
  }

  /** The sockets to keep for an image of this program that takes over; it finds pipes by their names. */
  get kept(): Replaced['sockets'] {
    return [...this.#sockets.all];
  }

  /** Adopts the channels that can be found without any worker. */
  takeUp(earlier: EarlierPipes): void {
    for (const kind of Object.values(this.#kinds)) kind.takeUp(earlier);
  }

  /** Restores missing names of pipes. Returns a description of them, or null. */
  repairPipeNames(): string | null {
    return this.#pipes.care.repairNames();
  }

  /** Compares the sockets that have a path with the files there. */
  lookAtSockets(): void {
    this.#sockets.repairNames();
  }

  /** Returns the channels that a thread has to open before a run begins, and why that may take long. */
  toPrepare({channels}: SpawnOrder): {readonly names: readonly string[]; readonly whys: readonly string[]} {
    const slow = channels.filter(grant => this.#mustPrepare(grant));
    const kinds = new Set(slow.map(({kind}) => kind));
    return {names: slow.map(({name}) => name), whys: Array.from(kinds, kind => this.#kinds[kind].whySlow)};
  }

  /**
   * Opens the channels that need a thread. The descriptors are to be closed after the spawn, whatever its result.
   * Rejects with ChannelError.
   */
  async prepare({channels, owner}: SpawnOrder, isWanted: () => boolean): Promise<Prepared> {
    const prepared = new Map<GrantKind, readonly number[]>();
    const options = {shared: owner !== null, isWanted};
    const steps = this.#each(channels, (kind, grants, name) => async () => {
      if (grants.length > 0 && isWanted()) prepared.set(name, await kind.prepare(grants, options));
    });
    try {
      for (const step of steps) await step();
      return prepared;
    } catch (error) {
      letGo(fdsOf(prepared));
      throw error;
    }
  }

  /** Returns the descriptors that a worker gets from 3 on. Throws ChannelError. */
  open({channels}: SpawnOrder, prepared: Prepared): number[] {
    return this.#each(channels, (kind, grants, name) => kind.open(grants, prepared.get(name) ?? [])).flat();
  }

  /** Fetches the channels that only a living worker of an earlier keeper has. */
  fetch(run: Holder & {readonly pidfd: number | null}, intent: Intent): void {
    let first = FIRST_FD;
    this.#each(channelsOf(intent), (kind, grants) => {
      kind.fetch(run, grants, first);
      first += grants.length;
    });
  }

  /** Returns the living runs to be replaced, since no client reaches their sockets. */
  outdated(isAlive: (token: string) => boolean): string[] {
    return this.#sockets.outdated(isAlive);
  }

  /** Closes channels that are no longer declared; running workers keep theirs. */
  async keepOnly(channels: readonly Grant[]): Promise<void> {
    await Promise.all(this.#each(channels, (kind, grants) => kind.keepOnly(grants)));
  }

  /** Closes all channels. Resolves when their files are gone, or when that takes too long. */
  async close(): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    await Promise.race([this.keepOnly([]), new Promise(resolve => (timer = setTimeout(resolve, PATIENCE_MS)))]);
    clearTimeout(timer);
  }

  #mustPrepare(grant: Grant): boolean {
    return this.#each([grant], (kind, grants) => grants.some(one => kind.mustPrepare(one))).includes(true);
  }

  /** Calls `action` for each kind with its grants, in the order of a worker's descriptors. */
  #each<T>(
    channels: readonly Grant[],
    action: <K extends GrantKind>(kind: InheritedKind<K>, grants: readonly GrantOf<K>[], name: K) => T,
  ): T[] {
    const one = <K extends GrantKind>(name: K, grants: readonly GrantOf<K>[]): T =>
      action(this.#kinds[name], grants, name);
    return GRANT_ORDER.map(name => one(name, among(name, channels)));
  }
}
