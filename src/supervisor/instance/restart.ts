/**
 * The restart policy: what follows from the end of a run, as a function of (history, end, now).
 *
 * Every automatic restart counts towards giving up, whatever the exit (as the intensity of an OTP supervisor does).
 * A delay never shrinks within a row of restarts: it is the longest of the previous one and what the row asks for.
 */
import type {Backoff, WorkerSpec} from '../../fleet/types.ts';
import type {Instance, Run} from '../types.ts';
import {formatDuration} from '../../base/format.ts';

/** What is remembered of earlier restarts. */
export type History = Pick<Instance, 'row' | 'recent' | 'delayMs'>;

export type Verdict =
  | {readonly kind: 'finished'}
  | {readonly kind: 'failed'; readonly reason: string; readonly gaveUp: boolean}
  | {readonly kind: 'restart'; readonly history: History; readonly until: number};

export const NO_HISTORY: History = {row: 0, recent: [], delayMs: 0};

/** A machine that lacks something is not helped by being asked again at once. */
const SHORTAGE_MS = 100;

/** What follows from an end. `words` say how it ended; `mono` in ms. */
export function decide(
  spec: WorkerSpec,
  history: History,
  end: {readonly well: boolean; readonly words: string},
  mono: number,
  random: () => number,
): Verdict {
  // What is scheduled has its own time to run again.
  if (end.well && (spec.restart !== 'always' || spec.schedule !== null)) return {kind: 'finished'};
  if (spec.restart === 'never') return {kind: 'failed', reason: end.words, gaveUp: false};

  const {restarts, withinMs} = spec.giveUp;
  const recent = history.recent.filter(at => mono - at < withinMs);
  if (history.row >= restarts) return gaveUp(`${restarts} restarts in a row`, end.words);
  if (recent.length >= restarts) return gaveUp(`${restarts} restarts within ${formatDuration(withinMs)}`, end.words);

  const delayMs = Math.max(history.delayMs, rowDelay(spec.backoff, history.row));
  return {
    kind: 'restart',
    history: {row: history.row + 1, recent: [...recent, mono], delayMs},
    until: mono + jittered(delayMs, spec.backoff.jitter, random),
  };
}

/** After a spawn for which the machine lacked something: again, later and later, but nothing is counted. */
export function afterShortage(
  spec: WorkerSpec,
  history: History,
  mono: number,
  random: () => number,
): {readonly history: History; readonly until: number} {
  const {initialMs, factor, maxMs, jitter} = spec.backoff;
  const grown = Math.min(maxMs, history.delayMs * factor);
  const delayMs = Math.max(SHORTAGE_MS, initialMs, history.delayMs, grown);
  return {history: {...history, delayMs}, until: mono + jittered(delayMs, jitter, random)};
}

/**
 * What remains of the history when a run has ended: nothing if it lasted `resetAfterMs`. One that was ended because it
 * never got ready does not count as having lasted, else a readiness timeout longer than that would never give up; of
 * one that missed its watchdog, the time in which it was silent does not count. Of one that was unhealthy this was
 * decided when its end was asked for.
 */
export function historyAfter(run: Run, history: History, spec: WorkerSpec, mono: number): History {
  const judged = run.ending === 'not-ready' || run.ending === 'unhealthy';
  const silentMs = run.ending === 'watchdog' ? (spec.watchdogMs ?? 0) : 0;
  const lasted = run.pid !== null && !judged && mono - run.since - silentMs >= spec.backoff.resetAfterMs;
  return lasted ? {row: 0, delayMs: 0, recent: history.recent} : history;
}

function rowDelay(backoff: Backoff, row: number): number {
  if (row === 0) return backoff.firstMs;
  return Math.min(backoff.maxMs, backoff.initialMs * backoff.factor ** (row - 1));
}

/** A delay, moved at random by up to that part of it. */
export function jittered(delayMs: number, jitter: number, random: () => number): number {
  if (delayMs === 0 || jitter === 0) return delayMs;
  return Math.max(0, Math.round(delayMs * (1 + jitter * (2 * random() - 1))));
}

function gaveUp(after: string, last: string): Verdict {
  return {kind: 'failed', reason: `gave up after ${after}; last: ${last}`, gaveUp: true};
}
