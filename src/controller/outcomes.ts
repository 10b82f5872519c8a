/** When a command is done for an instance, and how it went. Each rule looks at the state alone. */
import type {Outcome} from '../control/messages.ts';
import type {Heart} from '../supervisor/index.ts';
import type {Instance} from '../supervisor/types.ts';

/** Whether it is done: null while it is not. */
export type Rule = (instance: Instance | undefined, heart: Heart) => {ok: boolean; reason: string | null} | null;

const yes = {ok: true, reason: null} as const;

/** Up: ready, or ended well; a worker that waits for what can't come has failed to start. */
export const isUp: Rule = (instance, heart) => {
  if (!instance) return {ok: false, reason: 'it was removed'};
  switch (instance.status) {
    case 'ready':
    case 'finished':
      return yes;
    case 'failed':
      return {ok: false, reason: instance.reason ?? 'it failed'};
    case 'stopped':
      return {ok: false, reason: instance.reason ?? 'it was stopped'};
    case 'pending': {
      const blocked = heart.blockedBy(instance.id);
      return blocked !== null && isHopeless(instance, heart) ? {ok: false, reason: blocked} : null;
    }
    case 'starting':
    case 'stopping':
    case 'backoff':
      return null;
  }
};

/** Whether what it waits for will not come by itself. */
function isHopeless(instance: Instance, heart: Heart): boolean {
  const {after, requires} = heart.specOf(instance.worker);
  return [...heart.instances()].some(other => {
    const needed = requires.includes(other.worker);
    if (!needed && !after.includes(other.worker)) return false;
    if (other.status === 'failed') return true;
    if (other.wanted === 'down') return needed;
    return other.status === 'pending' && other.worker !== instance.worker && isHopeless(other, heart);
  });
}

/** Up, in another run than before. */
export const isUpAnew =
  (before: ReadonlyMap<string, string | null>): Rule =>
  (instance, heart) => {
    const old = instance && before.get(instance.id);
    if (instance && old != null && (instance.run?.token === old || instance.clearing === old)) return null;
    return isUp(instance, heart);
  };

/** Down, and nothing of it left. */
export const isStopped: Rule = instance => {
  if (!instance) return yes;
  if (instance.status === 'stopped') {
    return instance.survivors.length === 0
      ? yes
      : {ok: false, reason: `could not be ended: ${instance.survivors.join(', ')}`};
  }
  return instance.wanted === 'up' ? {ok: false, reason: 'it was started again meanwhile'} : null;
};

export const isGone: Rule = instance => (instance ? null : yes);

export const isPaused: Rule = instance =>
  instance?.run == null ? {ok: false, reason: 'it is not running'} : instance.run.pausedAt === null ? null : yes;

export const isResumed: Rule = instance =>
  instance?.run == null ? {ok: false, reason: 'it is not running'} : instance.run.pausedAt === null ? yes : null;

/** How it went for each; null while one is not done. */
export function outcomesOf(heart: Heart, ids: readonly string[], rule: Rule): Outcome[] | null {
  const outcomes: Outcome[] = [];
  for (const id of ids) {
    const instance = heart.get(id);
    const done = rule(instance, heart);
    if (!done) return null;
    outcomes.push({
      id,
      status: instance?.status ?? 'removed',
      ...done,
      // Of a run that ended before this one, nobody asked.
      proof: instance?.status === 'stopped' ? instance.proof : null,
      survivors: instance?.survivors ?? [],
    });
  }
  return outcomes;
}

/** Those that are still waited for. */
export const waitingFor = (heart: Heart, ids: readonly string[], rule: Rule): Instance[] =>
  ids.flatMap(id => {
    const instance = heart.get(id);
    return instance && !rule(instance, heart) ? [instance] : [];
  });
