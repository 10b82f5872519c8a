/** The result of a client's signal: processes that got it, and those that could not be signalled. Each is an event. */
import type {Result} from '../../control/messages.ts';
import {ErrorCode} from '../../control/messages.ts';
import {RpcError} from '../../control/errors.ts';
import type {Refused} from '../../link/orders.ts';
import {signalName} from '../../posix/signals.ts';
import {whyRefused} from '../../process/refusal.ts';
import type {Engine} from '../turn/engine.ts';
import {namesOf} from '../turn/instance-names.ts';

/** Most processes named in an error. */
const MOST_NAMED = 5;

interface RefusedOne extends Refused {
  readonly id: string | null;
}

export class SentSignal {
  readonly #engine: Engine;
  readonly #number: number;
  readonly #sent: {pid: number; id: string | null}[] = [];
  readonly #refused: RefusedOne[] = [];

  constructor(engine: Engine, number: number) {
    this.#engine = engine;
    this.#number = number;
  }

  got(pids: readonly number[], id: string | null): void {
    for (const pid of pids) {
      this.#sent.push({pid, id});
      this.#engine.note({type: 'signalled', ...this.#names(id), pid, signal: signalName(this.#number)});
    }
  }

  failed(one: Refused, id: string | null): void {
    this.#refused.push({...one, id});
    const {pid, error} = one;
    const signal = signalName(this.#number);
    const message = whyRefused(pid, error);
    this.#engine.note({type: 'signal-failed', ...this.#names(id), pid, signal, error, message});
  }

  /** @throws RpcError if the signal could not be sent to any process */
  answer(): Result<'signal'> {
    const refused = this.#refused.map(({pid, id, name, error}) => ({
      pid,
      id,
      message: `${name}: ${whyRefused(pid, error)}`,
    }));
    if (refused.length === 0) return {sent: this.#sent};
    if (this.#sent.length === 0) throw new RpcError(ErrorCode.failed, namedIn(refused));
    return {sent: this.#sent, refused};
  }

  #names(id: string | null): ReturnType<typeof namesOf> {
    return namesOf(this.#engine.core, id);
  }
}

function namedIn(refused: readonly {pid: number; id: string | null; message: string}[]): string {
  const named = refused
    .slice(0, MOST_NAMED)
    .map(({pid, id, message}) => `${id ?? ''} process ${pid}, ${message}`.trim());
  const more = refused.length - named.length;
  return more > 0 ? `${named.join('; ')} and ${more} more` : named.join('; ');
}
