/** Bugs in the life cycle of a run: when it starts, how its end is handled, and when the keeper forgets it. */
import type {Mutant} from './mutant.ts';

export const RUN_MUTANTS: readonly Mutant[] = [
  {
    bug: 'respawns after a stop',
    file: 'ending.ts',
    from: `const up = next.wanted === 'up';`,
    to: `const up = true;`,
  },
  {
    bug: 'applies the restart policy to an instance that was stopped by command',
    file: 'ending.ts',
    from: `if (over.wanted === 'down') return`,
    to: `if (false) return`,
  },
  {
    bug: 'spawns while processes of the last run are left',
    file: 'next-step.ts',
    from: `backoff !== null && instance.clearing === null && backoff.until <= time.mono`,
    to: `backoff !== null && backoff.until <= time.mono`,
  },
  {
    bug: 'starts a second run when a restart races with an exit',
    file: 'requests.ts',
    from: `return {...instance, ...NO_HISTORY, wanted: 'up', status: 'pending', backoff: null, reason: null};`,
    to: `return {...instance, ...NO_HISTORY, wanted: 'up', status: 'pending', backoff: null, reason: null, clearing: null};`,
  },
  {
    bug: 'does not let the keeper forget cleared runs',
    file: 'ending.ts',
    from: `const effects: Effect[] = [{type: 'forget', token}];`,
    to: `const effects: Effect[] = [];`,
  },
  {
    bug: 'lets the keeper forget a run before its end is recorded',
    file: 'ending.ts',
    from: `if (run.ending === null) effects.push(clearEffect(run.token, spec));`,
    to: `effects.push({type: 'forget', token: run.token});`,
  },
  {
    bug: 'starts an instance that was stopped by command when a watched file changes',
    file: 'file-changes.ts',
    from: `wanted === 'down' || leaving`,
    to: `leaving`,
  },
];
