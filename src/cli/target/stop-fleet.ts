/**
 * Stops a whole fleet, whatever happens to its controller meanwhile. A repeated request is harmless, so it is sent
 * again until there is an answer. A controller that is unreachable or silent is bypassed: a signal to the anchor (or
 * the keeper) requests the same, and the keeper stops the fleet, without a controller if necessary.
 */
import type {Client} from '../../control/client.ts';
import {connectFleet} from '../../control/connect.ts';
import {ConnectionLostError, NotRunningError} from '../../control/errors.ts';
import type {Progress} from '../../control/messages.ts';
import type {Outcomes} from '../../control/reports.ts';
import {signalSupervisor, supervisorOf, type SupervisorProcess} from './supervisor-processes.ts';

/** A controller that is unreachable or silent for this time is bypassed. */
const PATIENCE_MS = 6_000;
const RETRY_MS = 200;
const TICK_MS = 500;
/** The keeper treats termination signals that arrive together as one. */
const AGAIN_MS = 1_000;

export interface StopOptions {
  readonly now: boolean;
  /** The time after which the controller answers that the stop is not done. */
  readonly timeoutMs?: number | undefined;
  readonly signal?: AbortSignal;
  readonly printNotice: (words: string) => void;
  readonly asks?: (client: Client) => void;
  readonly progress?: (waiting: Progress['waiting']) => void;
}

export type Stopped =
  | {readonly kind: 'answered'; readonly outcomes: Outcomes}
  /** There was no supervisor, or it has ended. */
  | {readonly kind: 'gone'}
  /** SIGTERM was sent to the process. */
  | {readonly kind: 'signalled'; readonly process: SupervisorProcess};

/** Measures how long the controller has been silent. Time counts only while this process runs. */
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
 * Requests the end of a fleet, and waits until its workers are down or the request was sent as a signal. The caller
 * still has to wait for the end of the supervisor itself.
 *
 * @throws RpcError from the controller, AbortError, CliError if the supervisor can't be signalled.
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

/** @throws ConnectionLostError, also if the controller is silent for too long. */
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
