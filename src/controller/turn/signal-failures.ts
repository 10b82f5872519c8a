/**
 * Signals to workers that could not be sent. Each is an event, and part of the answer to the command that waits for the
 * end of the run: a worker that was killed without its stop signal looks like one that ignored it.
 */
import type {JournalEvent} from '../../journal/events.ts';
import {namesOf} from './instance-names.ts';
import type {Outcome, Outcomes} from '../../control/reports.ts';
import {whyRefused} from '../../process/refusal.ts';
import type {SignalName} from '../../base/signal-name.ts';
import type {Core} from '../../supervisor/index.ts';

/** Most runs whose failures are remembered: the latest ones. */
const MOST_RUNS = 1_000;
/** Most failures of one run in an answer: the latest ones. */
const MOST_WORDS = 3;

export interface SignalFailure {
  /** The token of the run. */
  readonly token: string;
  /** Null for the main process. */
  readonly pid: number | null;
  /** Name of the process, unless it is the main one. Untrusted. */
  readonly name?: string;
  readonly signal: SignalName;
  /** `EPERM`, ... */
  readonly error: string;
}

interface Failures {
  count: number;
  readonly latest: string[];
}

/** By instance: its run when a command began, and the number of that run's failures at the time. */
export type RunsAsked = ReadonlyMap<string, {readonly token: string; readonly failures: number}>;

export class SignalFailures {
  readonly #core: Core;
  readonly #note: (event: JournalEvent) => void;
  readonly #byRun = new Map<string, Failures>();

  constructor(core: Core, note: (event: JournalEvent) => void) {
    this.#core = core;
    this.#note = note;
  }

  /** Records a failure. A process that is gone needs no signal any more. */
  addFailure({token, pid, name, signal, error}: SignalFailure): void {
    if (error === 'ESRCH') return;
    const instance = this.#core.byToken(token);
    const main = instance?.run?.pid ?? null;
    const to = pid ?? main;
    const why = to === null ? error : whyRefused(to, error);
    const names = {...namesOf(this.#core, instance?.id ?? null), ...(to === null ? {} : {pid: to})};
    this.#note({type: 'signal-failed', ...names, signal, error, message: why});
    const words =
      to !== null && to === main
        ? `its stop signal could not be sent (${error}): ${signal} to process ${to}, ${why}`
        : `${signal} could not be sent to process ${to ?? '?'}${name === undefined ? '' : ` ${name}`} (${error}): ${why}`;
    this.#remember(token, words);
  }

  #remember(token: string, words: string): void {
    const known = this.#byRun.get(token);
    if (known) {
      known.count++;
      known.latest.push(words);
      if (known.latest.length > MOST_WORDS) known.latest.shift();
      return;
    }
    this.#byRun.set(token, {count: 1, latest: [words]});
    const [oldest] = this.#byRun.keys();
    if (this.#byRun.size > MOST_RUNS && oldest !== undefined) this.#byRun.delete(oldest);
  }

  /** Returns the current runs of some instances, by instance, including runs that are being cleared. */
  runsOf(ids: readonly string[]): RunsAsked {
    const runs = new Map<string, {token: string; failures: number}>();
    for (const id of ids) {
      const instance = this.#core.get(id);
      const token = instance?.run?.token ?? instance?.clearing;
      if (token != null) runs.set(id, {token, failures: this.#byRun.get(token)?.count ?? 0});
    }
    return runs;
  }

  /** For commands that only send a signal: the outcome fails for instances with a process that did not get it. */
  judge({ok, outcomes}: Outcomes, runs: RunsAsked): Outcomes {
    const judged = outcomes.map(outcome => {
      const run = runs.get(outcome.id);
      const words = run ? this.#wordsOf(run.token, run.failures) : [];
      return words.length > 0 ? {...withReasons(outcome, words), ok: false} : outcome;
    });
    return {ok: ok && judged.every(outcome => outcome.ok), outcomes: judged};
  }

  /** Adds to each outcome the signals that could not be sent to the instance's run. */
  explain({ok, outcomes}: Outcomes, runs: RunsAsked): Outcomes {
    return {
      ok,
      outcomes: outcomes.map(outcome => withReasons(outcome, this.#wordsOf(runs.get(outcome.id)?.token ?? '', 0))),
    };
  }

  /** Returns the failures after the first `before`. */
  #wordsOf(token: string, before: number): string[] {
    const known = this.#byRun.get(token);
    if (known === undefined || known.count <= before) return [];
    const words = known.latest.slice(-(known.count - before));
    const more = known.count - before - words.length;
    return more > 0 ? [...words, `and ${more} more, see \`brood events\``] : words;
  }
}

const withReasons = (outcome: Outcome, words: readonly string[]): Outcome =>
  words.length === 0
    ? outcome
    : {...outcome, reason: [outcome.reason, ...words].filter(part => part !== null).join('; ')};
