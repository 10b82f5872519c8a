/** What workers inherit beside their output, in the order of their descriptors: listening sockets first (sd_listen_fds(3)). */
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
/** To remove a socket takes microseconds. */
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

  /** @param kept what an earlier image of this process had */
  constructor(fleetFolder: string, kept: Replaced['sockets'], store: PipeStore, host: SocketsHost) {
    this.#sockets = new Sockets(host);
    this.#pipes = new Pipes(fleetFolder, store);
    this.#kinds = {socket: this.#sockets, pipe: this.#pipes};
    for (const [address, fd] of kept) this.#sockets.keep(address, fd);
  }

  /** What must be kept for an image of this program that takes over: pipes it finds by their names. */
  get kept(): Replaced['sockets'] {
    return [...this.#sockets.all];
  }

  /** Takes up what can be found without any worker. */
  takeUp(earlier: EarlierPipes): void {
    for (const kind of Object.values(this.#kinds)) kind.takeUp(earlier);
  }

  /** Gives names back that pipes have lost; answers which, in words. */
  lookAtPipes(): string | null {
    return this.#pipes.care.look();
  }

  /** Compares the sockets that have a path with what lies there. */
  lookAtSockets(): void {
    this.#sockets.look();
  }

  /** Those that a thread has to open before a run begins, and why that may take long. */
  toPrepare({channels}: SpawnOrder): {readonly names: readonly string[]; readonly whys: readonly string[]} {
    const slow = channels.filter(grant => this.#mustPrepare(grant));
    const kinds = new Set(slow.map(({kind}) => kind));
    return {names: slow.map(({name}) => name), whys: Array.from(kinds, kind => this.#kinds[kind].whySlow)};
  }

  /** Opens them. What is answered is to be let go of after the spawn, however it went. Rejects with ChannelError. */
  async prepare({channels, owner}: SpawnOrder, isWanted: () => boolean): Promise<Prepared> {
    const prepared = new Map<GrantKind, readonly number[]>();
    const options = {shared: owner !== null, isWanted};
    const one = async <K extends GrantKind>(kind: K): Promise<void> => {
      const grants = among(kind, channels);
      if (grants.length > 0 && isWanted()) prepared.set(kind, await this.#kinds[kind].prepare(grants, options));
    };
    try {
      for (const kind of GRANT_ORDER) await one(kind);
      return prepared;
    } catch (error) {
      letGo(fdsOf(prepared));
      throw error;
    }
  }

  /** The descriptors that a worker gets from 3 on. Throws ChannelError. */
  open({channels}: SpawnOrder, prepared: Prepared): number[] {
    const of = <K extends GrantKind>(kind: K): readonly number[] =>
      this.#kinds[kind].open(among(kind, channels), prepared.get(kind) ?? []);
    return GRANT_ORDER.flatMap(of);
  }

  /** Takes up what only a living worker of an earlier keeper has. */
  fetch(run: Holder & {readonly pidfd: number | null}, intent: Intent): void {
    let first = FIRST_FD;
    const one = <K extends GrantKind>(kind: K): void => {
      const grants = among(kind, channelsOf(intent));
      this.#kinds[kind].fetch(run, grants, first);
      first += grants.length;
    };
    for (const kind of GRANT_ORDER) one(kind);
  }

  /** Of the runs that live: those that are to be replaced, since what they listen on is reached by nobody. */
  outdated(isAlive: (token: string) => boolean): string[] {
    return this.#sockets.outdated(isAlive);
  }

  /** Closes what is not declared any more; workers that run keep theirs. */
  async keepOnly(channels: readonly Grant[]): Promise<void> {
    const one = <K extends GrantKind>(kind: K): Promise<void> => this.#kinds[kind].keepOnly(among(kind, channels));
    await Promise.all(GRANT_ORDER.map(one));
  }

  /** Closes all, and resolves when what it has made on disk is gone, or that takes too long. */
  async close(): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    await Promise.race([this.keepOnly([]), new Promise(resolve => (timer = setTimeout(resolve, PATIENCE_MS)))]);
    clearTimeout(timer);
  }

  #mustPrepare(grant: Grant): boolean {
    const one = <K extends GrantKind>(kind: K, [own]: readonly GrantOf<K>[]): boolean =>
      own !== undefined && this.#kinds[kind].mustPrepare(own);
    return one(grant.kind, among(grant.kind, [grant]));
  }
}
