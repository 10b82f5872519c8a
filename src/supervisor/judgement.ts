/** What becomes of an instance whose run ended without anybody wanting that. */
import type {Context, Step} from './events.ts';
import {line} from './journal.ts';
import {decide} from './restart.ts';
import {untilNextTime} from './scheduling.ts';
import type {Effect, Instance} from './types.ts';

/**
 * As the policy decides: `finished`, `failed`, or `backoff` (which with no delay ends in the same step). One that is scheduled is
 * neither finished nor has it failed for good: its next time comes.
 */
export function judge(
  instance: Instance,
  end: {readonly well: boolean; readonly words: string},
  {spec, now, random}: Context,
): Step {
  const verdict = decide(spec, instance, end, now.mono, random);
  switch (verdict.kind) {
    case 'finished':
      if (spec.schedule !== null) return [untilNextTime(instance, end.words), []];
      return [{...instance, status: 'finished', reason: end.words}, []];
    case 'failed': {
      const {reason} = verdict;
      const said = verdict.gaveUp ? [line(instance, 'gave-up', {restarts: instance.row, reason})] : [];
      if (spec.schedule === null) return [{...instance, status: 'failed', reason}, said];
      return [untilNextTime(instance, reason), [...said, line(instance, 'run-failed', {reason})]];
    }
    case 'restart': {
      const {history, until} = verdict;
      const {delayMs} = history;
      const restarts = instance.restarts + 1;
      const effects: Effect[] = delayMs > 0 ? [line(instance, 'backoff', {delayMs, restarts})] : [];
      return [
        {...instance, ...history, restarts, status: 'backoff', backoff: {until, delayMs}, reason: end.words},
        effects,
      ];
    }
  }
}
