/** What workers inherit beside their output: listening sockets first (sd_listen_fds(3)), then pipes. */
import type {Replaced} from './arguments.ts';
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
  takeUp(): void {
    this.#pipes.takeUp();
  }

  /**
   * The descriptors that a worker gets from 3 on. Those that are for this worker alone are added to `passing` as soon as
   * they are open: they are to be closed after the spawn, however it went. Throws ChannelError.
   */
  open({sockets, pipes, owner}: SpawnOrder, passing: number[]): number[] {
    const listening = sockets.map(grant => this.#sockets.open(grant));
    const ends = pipes.map(grant => {
      const fd = this.#pipes.open(grant, owner !== null);
      passing.push(fd);
      return fd;
    });
    return [...listening, ...ends];
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
