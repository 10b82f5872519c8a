/** The common part of commands that wait long: progress, notices about the cause, `--timeout` and Ctrl-C. */
import type {Client} from '../../control/client.ts';
import type {Progress} from '../../control/messages.ts';
import type {Context} from '../framework/command.ts';
import {CliError, ExitCode} from '../framework/errors.ts';
import {ProgressLine, waitingWords} from './progress.ts';
import type {SupervisorProcess} from './supervisor-processes.ts';
import {SupervisorWatch} from './supervisor-watch.ts';
import {exactDuration} from '../../base/format.ts';

/** The client gives up this much later than the controller: a frozen controller does not answer. */
const GRACE_MS = 2_000;
const ANSWER_MS = 1_000;

export interface Waiting {
  /** Aborted to end the wait; {@link whileWaiting} then throws the reason. */
  readonly signal: AbortSignal;
  /** Records a request on this connection, which the controller should answer. */
  readonly asks: (client: Client) => void;
  /** Records a progress report of the controller. */
  readonly progress: (waiting: Progress['waiting']) => void;
  /** Returns the time (ms) for which the controller has been silent. */
  readonly silentMs: () => number;
  /** Limits the wait to the end of these processes. */
  readonly onlyFor: (what: string, processes: readonly SupervisorProcess[]) => void;
  /** Prints a notice on stderr. */
  readonly printNotice: (words: string) => void;
}

/** @throws CliError 124 after `timeoutMs`, 130 after Ctrl-C, and every error of `use`. */
export async function whileWaiting<T>(
  {err}: Context,
  {name, folder}: {readonly name: string; readonly folder: string},
  timeoutMs: number | undefined,
  use: (waiting: Waiting) => Promise<T>,
): Promise<T> {
  const line = new ProgressLine(err);
  const stop = new AbortController();
  const ended: {by: CliError | null} = {by: null};
  const end = (exitCode: number, words: string): void => {
    ended.by ??= new CliError(exitCode, words);
    stop.abort();
  };
  const printNotice = (words: string): void => line.above(words);
  let client: Client | null = null;
  let only: string | null = null;
  const watch = new SupervisorWatch({
    folder,
    printNotice,
    waitingFor: () => {
      if (only !== null) return `waiting for ${only}`;
      // In a terminal, the progress line always shows that.
      return err.isTerminal || line.waiting.length === 0 ? null : `waiting for ${waitingWords(line.waiting)}`;
    },
    keeperSilentMs: () => keeperSilence(client),
  });
  const onSignal = (): void => end(ExitCode.interrupted, `interrupted; the operation continues in fleet ${name}`);
  process.once('SIGINT', onSignal);
  const late = (): void => end(ExitCode.timeout, timeoutWords(timeoutMs ?? 0, line));
  const timer = timeoutMs === undefined ? null : setTimeout(late, timeoutMs + GRACE_MS).unref();
  try {
    return await use({
      signal: stop.signal,
      printNotice,
      asks(asked) {
        client = asked;
        watch.heard();
      },
      progress(waiting) {
        watch.heard();
        line.show(waiting);
      },
      silentMs: () => watch.silentMs,
      onlyFor(what, processes) {
        client = null;
        watch.remember(processes.find(process => process.what === 'anchor'));
        only = what;
        watch.expectNothing();
        line.show([]);
      },
    });
  } catch (error) {
    throw ended.by ?? error;
  } finally {
    watch.end();
    line.clearLine();
    if (timer) clearTimeout(timer);
    process.off('SIGINT', onSignal);
  }
}

/** Returns the keeper's silence (ms) as the controller reports it, or null if it is unknown. */
async function keeperSilence(client: Client | null): Promise<number | null> {
  if (client === null || client.closed) return null;
  try {
    const {supervisor} = await client.call('ps', {}, {signal: AbortSignal.timeout(ANSWER_MS)});
    return supervisor.keeperSilentMs ?? null;
  } catch {
    return null;
  }
}

function timeoutWords(timeoutMs: number, {waiting}: ProgressLine): string {
  const what = waiting.length === 0 ? '' : `; still waiting for ${waitingWords(waiting)}`;
  return `timed out after ${exactDuration(timeoutMs)}${what}. The operation continues.`;
}
