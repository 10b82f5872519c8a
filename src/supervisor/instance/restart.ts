/**
 * The restart policy: what follows from the end of a run, as a function of (history, end, now).
 *
 * Every automatic restart counts towards giving up, whatever the exit (like the intensity of an OTP supervisor). A
 * delay never shrinks within a row of restarts: it is the longer of the previous delay and the row's.
 */
import type {Backoff, WorkerSpec} from '../../fleet/types.ts';
import type {Instance, Run} from '../types.ts';
import {exactDuration} from '../../base/format.ts';

/** The history of earlier restarts. */
export type History = Pick<Instance, 'row' | 'recent' | 'delayMs'>;

export type Verdict =
  | {readonly kind: 'finished'}
  | {readonly kind: 'failed'; readonly reason: string; readonly gaveUp: boolean}
  | {readonly kind: 'restart'; readonly history: History; readonly until: number};

export const NO_HISTORY: History = {row: 0, recent: [], delayMs: 0};

/** The shortest delay after a resource shortage: an immediate retry would not help the machine. */
const SHORTAGE_MS = 100;

/** Returns what follows from an end. `words` describe it; `mono` is in ms. */
export function decide(
  spec: WorkerSpec,
  history: History,
  end: {readonly well: boolean; readonly words: string},
  mono: number,
  random: () => number,
): Verdict {
  // A scheduled worker runs again at its next time.
  if (end.well && (spec.restart !== 'always' || spec.schedule !== null)) return {kind: 'finished'};
  if (spec.restart === 'never') return {kind: 'failed', reason: end.words, gaveUp: false};

  const {restarts, withinMs} = spec.giveUp;
  const recent = history.recent.filter(at => mono - at < withinMs);
  if (history.row >= restarts) return gaveUp(`${restarts} restarts in a row`, end.words);
  if (recent.length >= restarts) return gaveUp(`${restarts} restarts within ${exactDuration(withinMs)}`, end.words);

  const delayMs = Math.max(history.delayMs, rowDelay(spec.backoff, history.row));
  return {
    kind: 'restart',
    history: {row: history.row + 1, recent: [...recent, mono], delayMs},
    until: mono + jittered(delayMs, spec.backoff.jitter, random),
  };
}

/** Returns the next attempt after a spawn that failed for lack of resources: delays grow, and no restart is counted. */
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
 * Returns the history after the end of a run. A run that lasted `resetAfterMs` resets the row and its delay. A run that
 * was ended because it never got ready does not count as having lasted: otherwise an instance with a longer readiness
 * timeout would never give up. The silence of a run that missed its watchdog does not count. For an unhealthy run, the
 * history was set when its end was ordered.
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

/** Returns a delay, changed at random by up to the fraction `jitter` of it. */
export function jittered(delayMs: number, jitter: number, random: () => number): number {
  if (delayMs === 0 || jitter === 0) return delayMs;
  return Math.max(0, Math.round(delayMs * (1 + jitter * (2 * random() - 1))));
}

function gaveUp(after: string, last: string): Verdict {
  return {kind: 'failed', reason: `gave up after ${after}; last: ${last}`, gaveUp: true};
}
