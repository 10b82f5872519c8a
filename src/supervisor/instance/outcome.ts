/** Decides what follows for an instance whose run ended unrequested. */
import type {Context, Step} from './events.ts';
import {line, ofInstance} from './journal.ts';
import {classOf} from './rate.ts';
import {decide} from './restart.ts';
import {untilNextTime} from './scheduling.ts';
import type {Instance, Time} from '../types.ts';

/**
 * Applies the restart policy: `finished`, `failed`, or `backoff` (which with no delay ends in the same step). A
 * scheduled instance neither finishes nor fails for good: it waits for its next time.
 */
export function judge(
  instance: Instance,
  end: {readonly well: boolean; readonly words: string},
  {spec, now, random, rate}: Context,
): Step {
  const verdict = decide(spec, instance, end, now.mono, random);
  switch (verdict.kind) {
    case 'finished':
      if (spec.schedule !== null) return [untilNextTime(instance, end.words), []];
      return [{...instance, status: 'finished', reason: end.words}, []];
    case 'failed': {
      const {reason} = verdict;
      const said = verdict.gaveUp
        ? [line({type: 'gave-up', ...ofInstance(instance), restarts: instance.row, reason})]
        : [];
      if (spec.schedule === null) return [{...instance, status: 'failed', reason}, said];
      return [untilNextTime(instance, reason), [...said, line({type: 'run-failed', ...ofInstance(instance), reason})]];
    }
    case 'restart': {
      const {history} = verdict;
      const turn = rate.admit(classOf(history.row), now.mono);
      return inBackoff({...instance, ...history}, verdict.until, {turn, reason: end.words}, now);
    }
  }
}

/** Counts a restart and schedules it at the time of its own policy or of its turn in the fleet, whichever is later. */
export function inBackoff(
  instance: Instance,
  until: number,
  {turn, reason}: {readonly turn: number; readonly reason: string},
  {mono}: Time,
): Step {
  const {delayMs} = instance;
  const restarts = instance.restarts + 1;
  const held = turn > until;
  const next: Instance = {
    ...instance,
    restarts,
    status: 'backoff',
    backoff: {until: Math.max(until, turn), delayMs, held},
    reason: held ? `${reason}; ${HELD_WORDS}` : reason,
  };
  if (held)
    return [next, [line({type: 'backoff', ...ofInstance(instance), delayMs: Math.round(turn - mono), restarts, held})]];
  return [next, delayMs > 0 ? [line({type: 'backoff', ...ofInstance(instance), delayMs, restarts})] : []];
}

const HELD_WORDS = 'waits for the restart rate limit of the fleet';
