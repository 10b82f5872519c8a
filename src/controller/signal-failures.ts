/**
 * Signals to workers that could not be sent. Each is an event, and part of the answer to the command that waits for the
 * end of the run: a worker that was killed without having been asked to end looks like one that did not listen.
 */
import {namesOf} from './names.ts';
import type {Outcomes} from '../control/messages.ts';
import {whyRefused} from '../process/refusal.ts';
import type {SignalName} from '../posix/signals.ts';
import type {Heart} from '../supervisor/index.ts';
import type {JournalEvent} from '../supervisor/types.ts';

/** Runs whose failures are remembered, the latest ones. */
const MOST_RUNS = 1_000;
/** Of one run, as many are part of an answer. */
const MOST_WORDS = 3;

export interface SignalFailure {
  /** The run's. */
  readonly token: string;
  /** Null: its main process. */
  readonly pid: number | null;
  readonly signal: SignalName;
  /** `EPERM`, ... */
  readonly error: string;
}

/** By instance: its run when a command began, and how many failures that had then. */
export type RunsAsked = ReadonlyMap<string, {readonly token: string; readonly failures: number}>;

export class SignalFailures {
  readonly #heart: Heart;
  readonly #note: (event: JournalEvent) => void;
  readonly #words = new Map<string, string[]>();

  constructor(heart: Heart, note: (event: JournalEvent) => void) {
    this.#heart = heart;
    this.#note = note;
  }

  /** Records one. A process that is gone needs no signal any more. */
  take({token, pid, signal, error}: SignalFailure): void {
    if (error === 'ESRCH') return;
    const instance = this.#heart.byToken(token);
    const main = instance?.run?.pid ?? null;
    const to = pid ?? main;
    const why = to === null ? error : whyRefused(to, error);
    const names = {...namesOf(this.#heart, instance?.id ?? null), ...(to === null ? {} : {pid: to})};
    this.#note({type: 'signal-failed', ...names, signal, error, message: why});
    const words =
      to !== null && to === main
        ? `its stop signal could not be sent (${error}): ${signal} to process ${to}, ${why}`
        : `${signal} could not be sent to process ${to ?? '?'} (${error}): ${why}`;
    this.#remember(token, words);
  }

  #remember(token: string, words: string): void {
    const known = this.#words.get(token);
    if (known) {
      if (known.length < MOST_WORDS) known.push(words);
      return;
    }
    this.#words.set(token, [words]);
    const [oldest] = this.#words.keys();
    if (this.#words.size > MOST_RUNS && oldest !== undefined) this.#words.delete(oldest);
  }

  /** The runs of some instances at this moment, also those that are being cleared: by instance. */
  runsOf(ids: readonly string[]): RunsAsked {
    const runs = new Map<string, {token: string; failures: number}>();
    for (const id of ids) {
      const instance = this.#heart.get(id);
      const token = instance?.run?.token ?? instance?.clearing;
      if (token != null) runs.set(id, {token, failures: this.#words.get(token)?.length ?? 0});
    }
    return runs;
  }

  /** The same where the command was nothing but the signal: it has failed for those instances. */
  judge({ok, outcomes}: Outcomes, runs: RunsAsked): Outcomes {
    const isRefused = (id: string): boolean => {
      const run = runs.get(id);
      return run !== undefined && (this.#words.get(run.token)?.length ?? 0) > run.failures;
    };
    const judged = outcomes.map(outcome => (isRefused(outcome.id) ? {...outcome, ok: false} : outcome));
    return this.explain({ok: ok && judged.every(outcome => outcome.ok), outcomes: judged}, runs);
  }

  /** Adds to each outcome what could not be sent to the run that the instance had. */
  explain({ok, outcomes}: Outcomes, runs: RunsAsked): Outcomes {
    return {
      ok,
      outcomes: outcomes.map(outcome => {
        const words = this.#words.get(runs.get(outcome.id)?.token ?? '');
        return words
          ? {...outcome, reason: [outcome.reason, ...words].filter(part => part !== null).join('; ')}
          : outcome;
      }),
    };
  }
}
