/** What becomes of an instance whose run ended without anybody wanting that. */
import type {Context, Step} from './events.ts';
import {line} from './journal.ts';
import {decide} from './restart.ts';
import type {Effect, Instance} from './types.ts';

/** As the policy decides: `finished`, `failed`, or `backoff` (which with no delay ends in the same step). */
export function judge(
  instance: Instance,
  end: {readonly well: boolean; readonly words: string},
  {spec, now, random}: Context,
): Step {
  const verdict = decide(spec, instance, end, now.mono, random);
  switch (verdict.kind) {
    case 'finished':
      return [{...instance, status: 'finished', reason: end.words}, []];
    case 'failed':
      return [
        {...instance, status: 'failed', reason: verdict.reason},
        verdict.gaveUp ? [line(instance, 'gave-up', {restarts: instance.row, reason: verdict.reason})] : [],
      ];
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
