/**
 * Requests with a time limit: if a controller does not answer, the command ends with the reason, as far as it is
 * visible.
 */
import type {Client} from '../../control/client.ts';
import {connectFleet} from '../../control/connect.ts';
import {BusyError, ConnectionLostError, RpcError} from '../../control/errors.ts';
import type {Method, Params, Result} from '../../control/messages.ts';
import {CliError, ExitCode} from '../framework/errors.ts';
import {examineSupervisor} from './supervisor-look.ts';
import {troubleWords} from './supervisor-troubles.ts';
import {formatDuration} from '../../base/format.ts';

/** The keeper continues a stopped controller within a second or two. */
const REACH_MS = 5_000;
/** The controller answers at once, unless its keeper has to act first, on a busy machine. */
const ANSWER_MS = 10_000;
/** After this time, a visible cause ends the wait. */
const CAUSE_MS = 4_000;
const RETRY_MS = 200;

const pause = (): Promise<void> => new Promise(resolve => setTimeout(resolve, RETRY_MS));

/** A controller did not answer in time; `message` contains the reason, as far as it is visible. Exit code 1. */
export class NoAnswerError extends CliError {
  override readonly name = 'NoAnswerError';

  constructor(message: string) {
    super(ExitCode.failed, message);
  }
}

async function noAnswer(folder: string, ms: number, rest = ''): Promise<NoAnswerError> {
  const {troubles} = await examineSupervisor(folder, {controllerIsSilent: true});
  const why = troubles.map(troubleWords).join('; ');
  return new NoAnswerError(`no answer within ${formatDuration(ms)}: ${why}${rest}`);
}

/**
 * Connects to a controller that answers. Retries while the controller restarts or has no room for another client.
 *
 * @throws NotRunningError if the fleet has no supervisor; NoAnswerError.
 */
export async function reach(folder: string, timeoutMs = REACH_MS): Promise<Client> {
  const end = performance.now() + timeoutMs;
  let busy: BusyError | null = null;
  for (;;) {
    const left = Math.max(1, end - performance.now());
    let client: Client | null = null;
    try {
      client = await connectFleet(folder, {timeoutMs: left});
      await client.call('ping', {}, {signal: AbortSignal.timeout(Math.ceil(left))});
      return client;
    } catch (error) {
      // An error is also an answer.
      if (error instanceof RpcError && client) return client;
      client?.close();
      const isTimeout = error instanceof Error && (error.name === 'AbortError' || error.name === 'TimeoutError');
      if (!isTimeout && !(error instanceof ConnectionLostError)) throw error;
      busy = error instanceof BusyError ? error : null;
    }
    if (performance.now() >= end) {
      if (busy) throw new NoAnswerError(`the controller accepts no more clients: ${busy.message}`);
      throw await noAnswer(folder, timeoutMs);
    }
    await pause();
  }
}

/**
 * Sends a request that the controller answers at once.
 *
 * @throws NoAnswerError, RpcError, ConnectionLostError.
 */
export async function ask<M extends Method>(
  {entry: {folder}, client}: {readonly entry: {readonly folder: string}; readonly client: Client},
  method: M,
  params: Params<M>,
): Promise<Result<M>> {
  const stop = new AbortController();
  const refused: {by: NoAnswerError | null} = {by: null};
  const giveUp = (error: NoAnswerError): void => {
    refused.by ??= error;
    stop.abort();
  };
  const rest = `; it is unknown whether ${method} was carried out`;
  const timers = [
    setTimeout(() => {
      void examineSupervisor(folder, {controllerIsSilent: false}).then(({troubles}) => {
        const [first] = troubles;
        if (first)
          giveUp(new NoAnswerError(`no answer within ${formatDuration(CAUSE_MS)}: ${troubleWords(first)}${rest}`));
      });
    }, CAUSE_MS),
    setTimeout(() => void noAnswer(folder, ANSWER_MS, rest).then(giveUp), ANSWER_MS),
  ];
  try {
    return await client.call(method, params, {signal: stop.signal});
  } catch (error) {
    throw refused.by ?? error;
  } finally {
    for (const timer of timers) clearTimeout(timer);
  }
}
