/**
 * Starts whose channels are not open yet. A process that writes to a pipe can keep others from opening it, and one that
 * may read a folder can keep others from making a socket in it; so nothing of such a run has begun, and nothing is
 * recorded, until a thread has opened all channels; and the wait is limited.
 */
import {formatDuration} from '../../base/format.ts';
import {ChannelError} from '../files/channel-error.ts';
import type {SpawnOrder} from '../../link/spawn.ts';
import {fdsOf, type Grants, type Prepared} from './inherited.ts';
import {letGo} from '../../posix/let-go.ts';

/** Opening a channel takes microseconds. */
const PATIENCE_MS = 5_000;

export interface ChannelWaitsHost {
  readonly grants: Pick<Grants, 'prepare' | 'toPrepare'>;
  /**
   * Returns the lease of the working controller, or null. An order that outlives its controller is not wanted by the
   * next.
   */
  lease(): number | null;
}

export class ChannelWaits {
  readonly #host: ChannelWaitsHost;
  /** By token: the function that ends the wait. */
  readonly #waiting = new Map<string, (result: Prepared | ChannelError) => void>();

  constructor(host: ChannelWaitsHost) {
    this.#host = host;
  }

  /**
   * Opens the channels of a worker. Calls back with descriptors, to be closed after the spawn, or with the error that
   * prevents the start; does not call back if the controller was lost meanwhile. Ignores an order that waits already.
   */
  begin(order: SpawnOrder, done: (result: Prepared | ChannelError) => void): void {
    const {token} = order;
    if (this.#waiting.has(token)) return;
    const lease = this.#host.lease();
    const end = (result: Prepared | ChannelError): void => {
      clearTimeout(timer);
      this.#waiting.delete(token);
      if (lease !== null && this.#host.lease() === lease) done(result);
      else if (!(result instanceof ChannelError)) letGo(fdsOf(result));
    };
    const timer = setTimeout(() => end(this.#tooLong(order)), PATIENCE_MS);
    this.#waiting.set(token, end);
    const isWanted = (): boolean => this.#waiting.get(token) === end;
    this.#host.grants.prepare(order, isWanted).then(
      prepared => {
        if (isWanted()) end(prepared);
        else letGo(fdsOf(prepared));
      },
      (error: unknown) => {
        if (!(error instanceof ChannelError)) throw error;
        if (isWanted()) end(error);
      },
    );
  }

  /** Cancels a start, which is reported as a failed one. */
  callOff(token: string): void {
    this.#waiting.get(token)?.(new ChannelError('stopped before its channels were open', 'ECANCELED', null));
  }

  #tooLong(order: SpawnOrder): ChannelError {
    const {names, whys} = this.#host.grants.toPrepare(order);
    const message = `channel ${names.join(', ')}: not open after ${formatDuration(PATIENCE_MS)}; ${whys.join('; or ')}`;
    return new ChannelError(message, 'ETIMEDOUT', null);
  }
}
