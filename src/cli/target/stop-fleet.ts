/**
 * Stopping a whole fleet, whatever happens to its controller meanwhile. To ask twice does no harm, so it is asked again
 * until there is an answer. A controller that can't be reached, or says nothing, is passed by: a signal to the anchor (or
 * the keeper) asks for the same, and the keeper sees to it without a controller if it must.
 */
import type {Client} from '../../control/client.ts';
import {connectFleet} from '../../control/connect.ts';
import {ConnectionLostError, NotRunningError} from '../../control/errors.ts';
import type {Progress} from '../../control/messages.ts';
import type {Outcomes} from '../../control/reports.ts';
import {signalSupervisor, supervisorOf, type SupervisorProcess} from './supervisor-processes.ts';

/** A controller that can't be reached, or says nothing, for so long is passed by. */
const PATIENCE_MS = 6_000;
const RETRY_MS = 200;
const TICK_MS = 500;
/** The keeper takes signals to end that come together for one. */
const AGAIN_MS = 1_000;

export interface StopOptions {
  readonly now: boolean;
  /** How long the controller waits before it answers that it is not done. */
  readonly timeoutMs?: number | undefined;
  readonly signal?: AbortSignal;
  readonly printNotice: (words: string) => void;
  readonly asks?: (client: Client) => void;
  readonly progress?: (waiting: Progress['waiting']) => void;
}

export type Stopped =
  | {readonly kind: 'answered'; readonly outcomes: Outcomes}
  /** There was no supervisor, or there is none any more. */
  | {readonly kind: 'gone'}
  /** That process was sent SIGTERM. */
  | {readonly kind: 'signalled'; readonly process: SupervisorProcess};

/** How long the controller has said nothing. Time counts only while this process runs. */
class Liveness {
  #ms = 0;
  #last = performance.now();

  heard(): void {
    this.#ms = 0;
  }

  tick(): number {
    const now = performance.now();
    this.#ms += Math.min(now - this.#last, 2 * TICK_MS);
    this.#last = now;
    return this.#ms;
  }
}

/**
 * Asks for the end of a fleet, and waits until its workers are down, or it was asked by a signal. The supervisor's own end
 * is yet to be waited for.
 *
 * @throws RpcError as the controller answers, AbortError, CliError where it may not be signalled.
 */
export async function stopFleet(folder: string, options: StopOptions): Promise<Stopped> {
  const {signal, printNotice: say} = options;
  const liveness = new Liveness();
  for (;;) {
    signal?.throwIfAborted();
    try {
      return {kind: 'answered', outcomes: await askOnce(folder, options, liveness)};
    } catch (error) {
      if (error instanceof NotRunningError) return {kind: 'gone'};
      if (!(error instanceof ConnectionLostError)) throw error;
      if (liveness.tick() >= PATIENCE_MS) {
        const process = await signalSupervisor(supervisorOf(folder), say);
        if (process === null) return {kind: 'gone'};
        if (options.now) {
          await pause(AGAIN_MS);
          await signalSupervisor([process], () => undefined);
        }
        return {kind: 'signalled', process};
      }
    }
    await pause(RETRY_MS);
  }
}

const pause = (ms: number): Promise<void> => new Promise(resolve => setTimeout(resolve, ms));

/** @throws ConnectionLostError also where the controller says nothing for too long. */
async function askOnce(
  folder: string,
  {now, timeoutMs, signal, asks, progress}: StopOptions,
  liveness: Liveness,
): Promise<Outcomes> {
  const left = PATIENCE_MS - liveness.tick();
  const client = await connectFleet(folder, {timeoutMs: Math.max(left, 0)});
  const watch = setInterval(() => {
    if (liveness.tick() >= PATIENCE_MS) client.close();
  }, TICK_MS);
  try {
    asks?.(client);
    const params = {...(now ? {now} : {}), ...(timeoutMs === undefined ? {} : {timeoutMs})};
    return await client.call('down', params, {
      ...(signal ? {signal} : {}),
      onProgress(waiting) {
        liveness.heard();
        progress?.(waiting);
      },
    });
  } finally {
    clearInterval(watch);
    client.close();
  }
}
