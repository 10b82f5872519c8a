/** What workers inherit beside their output: listening sockets first (sd_listen_fds(3)), then pipes. */
import type {Replaced} from './arguments.ts';
import type {ChannelError} from './channel-error.ts';
import type {EarlierPipes} from './earlier-pipes.ts';
import type {DeclaredChannels, SpawnOrder} from './messages.ts';
import type {PipeStore} from './pipe-store.ts';
import {Pipes} from './pipes.ts';
import type {Intent} from './record-shape.ts';
import {FIRST_SOCKET_FD, Sockets} from './sockets.ts';

export class Grants {
  readonly #sockets = new Sockets();
  readonly #pipes: Pipes;

  /** @param kept what an earlier image of this process had */
  constructor(fleetFolder: string, kept: Replaced['sockets'], store: PipeStore) {
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

  /** Gives an end of each of a worker's pipes, to be let go of after the spawn, however it went; or why there is none. */
  openPipes(
    {pipes, owner}: SpawnOrder,
    isWanted: () => boolean,
    done: (ends: readonly number[] | ChannelError) => void,
  ): void {
    this.#pipes.open(pipes, {shared: owner !== null, isWanted}, done);
  }

  /** The descriptors that a worker gets from 3 on; `ends` are those of its pipes. Throws ChannelError. */
  open({sockets}: SpawnOrder, ends: readonly number[]): number[] {
    return [...sockets.map(grant => this.#sockets.open(grant)), ...ends];
  }

  /** Takes up what only a living worker of an earlier keeper has. */
  fetch(pid: number, pidfd: number | null, {sockets = [], pipes = []}: Intent): void {
    if (pidfd !== null) this.#sockets.fetch(pid, pidfd, sockets);
    this.#pipes.fetch(pid, pipes, FIRST_SOCKET_FD + sockets.length);
  }

  /** Closes what is not declared any more; workers that run keep theirs. */
  keepOnly({addresses, pipes}: DeclaredChannels): void {
    this.#sockets.keepOnly(addresses);
    this.#pipes.keepOnly(pipes);
  }
}
