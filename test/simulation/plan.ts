/** Whether a plan was what came of it. */
import type {Effect, FleetPlan, Core} from '../../src/supervisor/index.ts';
import {promise} from './failure.ts';

const sorted = (names: Iterable<string>): string => [...names].sort().join(' ');

export function checkPlan({workers, groups, channels}: FleetPlan, effects: readonly Effect[], core: Core): void {
  const events = effects.flatMap(effect => (effect.type === 'journal' ? [effect.event] : []));
  const applied = events.find(event => event.type === 'plan-applied');
  // What changes of itself, and not only because of what it requires.
  const isOwn = ({kind, differences}: FleetPlan['workers'][number]): boolean =>
    kind !== 'changed' || differences.length > 0;
  const of = (kind: string): string =>
    sorted(workers.filter(one => one.kind === kind && isOwn(one)).map(({worker}) => worker));
  const said = (names: readonly string[] | undefined): string => sorted(names ?? []);
  const heads = groups.length + channels.length > 0;
  promise(
    applied !== undefined || workers.length === 0,
    () => `planned ${JSON.stringify(workers)}, and nothing was applied`,
  );
  // The order of workers in the file is no change that anybody sees.
  promise(
    applied === undefined ||
      workers.length > 0 ||
      heads ||
      said(applied.changed) + said(applied.added) + said(applied.removed) === '',
    () => 'nothing was planned, and something was applied',
  );
  for (const kind of ['added', 'removed', 'changed'] as const) {
    const came = said(applied?.[kind]);
    promise(of(kind) === came, () => `planned as ${kind}: ${of(kind)}; it came to ${came}`);
  }
  const ended = effects.flatMap(effect => {
    const instance = effect.type === 'end' ? core.byToken(effect.token) : undefined;
    return instance?.run?.ending === 'changed' ? [instance.id] : [];
  });
  const restarts = workers.flatMap(({restarts}) => restarts);
  for (const id of ended) promise(restarts.includes(id), () => `${id} is restarted, which was not planned`);
  for (const id of restarts)
    promise(core.get(id)?.run?.ending === 'changed', () => `${id} was planned to restart, and does not`);
  for (const {starts, stops} of workers) {
    for (const id of starts) promise(core.get(id)?.wanted === 'up', () => `${id} was planned to start, and does not`);
    for (const id of stops) {
      const instance = core.get(id);
      promise(
        instance === undefined || instance.leaving || instance.run?.ending === 'stop',
        () => `${id} was planned to stop, and does not`,
      );
    }
  }
}
