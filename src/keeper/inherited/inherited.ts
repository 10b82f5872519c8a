/** What workers inherit beside their output: listening sockets first (sd_listen_fds(3)), then pipes. */
import type {Replaced} from '../handover.ts';
import {ChannelError} from '../files/channel-error.ts';
import type {EarlierPipes} from '../pipe-store/earlier.ts';
import type {DeclaredChannels, SpawnOrder} from '../../link/spawn.ts';
import type {PipeStore} from '../pipe-store/store.ts';
import {Pipes} from './pipes.ts';
import type {Intent} from '../runs/shape.ts';
import type {Holder} from './fetched-sockets.ts';
import {FIRST_SOCKET_FD, Sockets, type SocketsHost} from './sockets.ts';

/** To remove a socket takes microseconds. */
const PATIENCE_MS = 2_000;

export class Grants {
  readonly #sockets: Sockets;
  readonly #pipes: Pipes;

  /** @param kept what an earlier image of this process had */
  constructor(fleetFolder: string, kept: Replaced['sockets'], store: PipeStore, host: SocketsHost) {
    this.#sockets = new Sockets(host);
    this.#pipes = new Pipes(fleetFolder, store);
    for (const [address, fd] of kept) this.#sockets.takeUp(address, fd);
  }

  /** What must be kept for an image of this program that takes over: pipes it finds by their names. */
  get kept(): Replaced['sockets'] {
    return [...this.#sockets.all];
  }

  /** Takes up what can be found without any worker. */
  takeUp(earlier: EarlierPipes): void {
    this.#pipes.takeUp(earlier);
  }

  /** Gives names back that pipes have lost; answers which, in words. */
  lookAtPipes(): string | null {
    return this.#pipes.care.look();
  }

  /** Whether a thread has to open something before a run begins. */
  mustPrepare({sockets, pipes}: SpawnOrder): boolean {
    return pipes.length > 0 || sockets.some(({address}) => this.#sockets.isToBind(address));
  }

  /**
   * Opens the sockets that have a path, and gives an end of each of a worker's pipes, to be let go of after the spawn, however
   * it went; or why that can't be.
   */
  prepare(
    {sockets, pipes, owner}: SpawnOrder,
    isWanted: () => boolean,
    done: (ends: readonly number[] | ChannelError) => void,
  ): void {
    this.#sockets.bind(sockets, isWanted).then(
      () => {
        if (isWanted()) this.#pipes.open(pipes, {shared: owner !== null, isWanted}, done);
      },
      (error: unknown) => {
        if (!(error instanceof ChannelError)) throw error;
        done(error);
      },
    );
  }

  /** The descriptors that a worker gets from 3 on; `ends` are those of its pipes. Throws ChannelError. */
  open({sockets}: SpawnOrder, ends: readonly number[]): number[] {
    return [...sockets.map(grant => this.#sockets.open(grant)), ...ends];
  }

  /** Takes up what only a living worker of an earlier keeper has. */
  fetch(run: Holder & {readonly pidfd: number | null}, {sockets = [], pipes = []}: Intent): void {
    const {pid, pidfd} = run;
    if (pidfd !== null) this.#sockets.fetch(run, pidfd, sockets);
    this.#pipes.fetch(pid, pipes, FIRST_SOCKET_FD + sockets.length);
  }

  /** Of the runs that live: those that are to be replaced, since what they listen on is reached by nobody. */
  outdated(isAlive: (token: string) => boolean): string[] {
    return this.#sockets.outdated(isAlive);
  }

  /** Compares the sockets that have a path with what lies there. */
  lookAtSockets(): void {
    this.#sockets.look();
  }

  /** Closes what is not declared any more; workers that run keep theirs. */
  keepOnly({addresses, pipes}: DeclaredChannels): void {
    void this.#sockets.keepOnly(addresses);
    this.#pipes.keepOnly(pipes);
  }

  /** Closes all, and resolves when what it has made on disk is gone, or that takes too long. */
  async close(): Promise<void> {
    const gone = this.#sockets.keepOnly([]);
    this.#pipes.keepOnly([]);
    let timer: NodeJS.Timeout | undefined;
    await Promise.race([gone, new Promise(resolve => (timer = setTimeout(resolve, PATIENCE_MS)))]);
    clearTimeout(timer);
  }
}
