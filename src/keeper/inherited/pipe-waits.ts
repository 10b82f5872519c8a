/**
 * Starts whose channels are not open yet. Whoever writes to a pipe can keep others from opening it, and whoever may read a folder
 * from making a socket in it; so nothing of such a run has begun, and nothing is recorded, until a thread has opened all; and it
 * is not waited for longer than a while.
 */
import {ChannelError} from '../files/channel-error.ts';
import type {SpawnOrder} from '../../link/spawn.ts';
import {isUnixPath} from '../../posix/listen.ts';
import {letGo} from '../../posix/let-go.ts';

/** To open a channel takes microseconds. */
const PATIENCE_MS = 5_000;

export interface PipeWaitsHost {
  /**
   * Sees to it that its sockets are open, and gives an end of each of its pipes; or why that can't be. `isWanted` is asked
   * before another one is opened.
   */
  open(order: SpawnOrder, isWanted: () => boolean, done: (ends: readonly number[] | ChannelError) => void): void;
  /** That of the controller that works; null: none does. An order that outlives its own is not wanted by the next. */
  lease(): number | null;
}

export class PipeWaits {
  readonly #host: PipeWaitsHost;
  /** By token: ends the wait. */
  readonly #waiting = new Map<string, (result: readonly number[] | ChannelError) => void>();

  constructor(host: PipeWaitsHost) {
    this.#host = host;
  }

  /**
   * Gives what the worker is to inherit, to be let go of after the spawn; or why it can't be started. Not called back where
   * the controller was lost meanwhile. An order that waits already is not taken up again.
   */
  begin(order: SpawnOrder, done: (result: readonly number[] | ChannelError) => void): void {
    const {token} = order;
    if (this.#waiting.has(token)) return;
    const lease = this.#host.lease();
    const end = (result: readonly number[] | ChannelError): void => {
      clearTimeout(timer);
      this.#waiting.delete(token);
      if (lease !== null && this.#host.lease() === lease) done(result);
      else if (!(result instanceof ChannelError)) letGo(result);
    };
    const timer = setTimeout(() => end(tooLong(order)), PATIENCE_MS);
    this.#waiting.set(token, end);
    const isWanted = (): boolean => this.#waiting.get(token) === end;
    this.#host.open(order, isWanted, ends => {
      if (isWanted()) end(ends);
      else if (!(ends instanceof ChannelError)) letGo(ends);
    });
  }

  /** It is not to be started any more, which is told as a failed start. */
  callOff(token: string): void {
    this.#waiting.get(token)?.(new ChannelError('it was to end before its channels were open', 'ECANCELED', null));
  }
}

function tooLong({pipes, sockets}: SpawnOrder): ChannelError {
  const paths = sockets.filter(({address}) => isUnixPath(address));
  const names = [...paths, ...pipes].map(({name}) => name).join(', ');
  const whys = [
    ...(pipes.length === 0
      ? []
      : [
          'a process that writes to a pipe keeps others from opening it: perhaps the file system of what it writes does not answer',
        ]),
    ...(paths.length === 0
      ? []
      : [
          'a process that reads the folder of a socket, and does not go on, keeps others from making it; or its file system does not answer',
        ]),
  ];
  const message = `channel ${names}: not open after ${PATIENCE_MS / 1000} s; ${whys.join('; or ')}`;
  return new ChannelError(message, 'ETIMEDOUT', null);
}
