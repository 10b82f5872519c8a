/** Commands that wait: progress, `--timeout`, Ctrl-C, and a controller that is replaced meanwhile. */
import {ConnectionLostError} from '../control/errors.ts';
import {connectFleet} from '../control/connect.ts';
import type {Method, Params, Result} from '../control/messages.ts';
import type {Context} from './command.ts';
import {CliError, ExitCode} from './errors.ts';
import type {Connected} from './fleet.ts';
import {ProgressLine, waitingWords} from './progress.ts';
import {formatDuration} from '../words/format.ts';

/** How much later than the controller the client itself gives up: a frozen controller answers nothing. */
const GRACE_MS = 2000;
const RECONNECTS = 20;

export interface WaitOptions {
  readonly timeoutMs?: number | undefined;
  /** Asking again does no harm: then a controller that is replaced meanwhile is asked again. */
  readonly repeatable: boolean;
}

/** Calls a method that waits. @throws CliError 124 after `timeoutMs`, 130 after Ctrl-C. */
export async function callAndWait<M extends Method>(
  {err}: Context,
  {entry, client}: Connected,
  method: M,
  params: Params<M>,
  {timeoutMs, repeatable}: WaitOptions,
): Promise<Result<M>> {
  const line = new ProgressLine(err);
  const stop = new AbortController();
  const ended: {by: CliError | null} = {by: null};
  const end = (exitCode: number, words: string) => {
    ended.by ??= new CliError(exitCode, words);
    stop.abort();
  };
  const onSignal = () => end(ExitCode.interrupted, `no longer waiting; ${entry.name} goes on with what was asked`);
  process.once('SIGINT', onSignal);
  const late = () => end(ExitCode.timeout, timeoutWords(timeoutMs ?? 0, line));
  const timer = timeoutMs === undefined ? null : setTimeout(late, timeoutMs + GRACE_MS).unref();
  const options = {onProgress: line.show.bind(line), signal: stop.signal};
  let current = client;
  try {
    for (let attempt = 1; ; attempt++) {
      try {
        return await current.call(method, params, options);
      } catch (error) {
        if (!(error instanceof ConnectionLostError) || !repeatable || attempt > RECONNECTS) throw error;
        current = await connectFleet(entry.folder);
      }
    }
  } catch (error) {
    if (ended.by) throw ended.by;
    throw error;
  } finally {
    line.end();
    if (timer) clearTimeout(timer);
    process.off('SIGINT', onSignal);
    if (current !== client) current.close();
  }
}

function timeoutWords(timeoutMs: number, {waiting}: ProgressLine): string {
  const what = waiting.length === 0 ? '' : `; still waiting for ${waitingWords(waiting)}`;
  return `not done within ${formatDuration(timeoutMs)}${what}. What was asked goes on.`;
}
