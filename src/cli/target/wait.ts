/** Waits for the controller's answer to a command, also while the controller is being replaced. */
import {BusyError, ConnectionLostError} from '../../control/errors.ts';
import type {Method, Params, Result} from '../../control/messages.ts';
import type {Context} from '../framework/command.ts';
import type {Connected} from './fleet.ts';
import {reach} from './reach.ts';
import {whileWaiting} from './waiting.ts';

const RECONNECTS = 20;

export interface WaitOptions {
  readonly timeoutMs?: number | undefined;
  /** Whether a repeated request is harmless: if the controller is replaced meanwhile, the request is sent again. */
  readonly repeatable: boolean;
}

/** Calls a method and waits for its result. @throws CliError 124 after `timeoutMs`, 130 after Ctrl-C. */
export async function callAndWait<M extends Method>(
  context: Context,
  {entry, client}: Connected,
  method: M,
  params: Params<M>,
  {timeoutMs, repeatable}: WaitOptions,
): Promise<Result<M>> {
  let current = client;
  try {
    return await whileWaiting(context, entry, timeoutMs, async ({signal, asks, progress}) => {
      for (let attempt = 1; ; attempt++) {
        asks(current);
        try {
          return await current.call(method, params, {onProgress: progress, signal});
        } catch (error) {
          const mayRepeat = repeatable || (error instanceof BusyError && error.nothingDone);
          if (!(error instanceof ConnectionLostError) || !mayRepeat || attempt > RECONNECTS) throw error;
          current = await reach(entry.folder);
        }
      }
    });
  } finally {
    if (current !== client) current.close();
  }
}
