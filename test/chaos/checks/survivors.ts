/** No process of an instance that should not run is left. */
import {isStill, type Member, type Observation} from '../observation.ts';
import type {TemperName} from '../tempers.ts';

const words = ({seen, id, run}: Member): string => `pid ${seen.pid} (${seen.name}, ${id}, run ${run.slice(0, 8)})`;

/** Describes the first few of the processes. */
export const listed = (members: readonly Member[]): string =>
  members.slice(0, 5).map(words).join(', ') + (members.length > 5 ? ` and ${members.length - 5} more` : '');

/**
 * A run begins only after all of the previous one has ended: processes of two runs of an instance never live at once.
 */
export function twoRuns(observation: Observation, still = isStill): string[] {
  const byInstance = new Map<string, Map<string, Member[]>>();
  for (const member of observation.members) {
    const runs = byInstance.get(member.id) ?? new Map<string, Member[]>();
    byInstance.set(member.id, runs.set(member.run, [...(runs.get(member.run) ?? []), member]));
  }
  return [...byInstance].flatMap(([id, runs]) => {
    if (runs.size < 2) return [];
    const living = [...runs.values()]
      .map(members => members.filter(({seen}) => still(seen)))
      .filter(all => all.length > 0);
    return living.length > 1 ? [`of ${id} two runs live at once: ${living.map(listed).join(' beside ')}`] : [];
  });
}

/** Applies once the fleet has settled. */
export function survivors(observation: Observation, wanted: ReadonlyMap<string, TemperName>): string[] {
  const left = observation.members.filter(({id}) => !wanted.has(id));
  return left.length === 0 ? [] : [`should not run, and does: ${listed(left)}`];
}

/** Applies after the end: no process at all is left. */
export function leftovers({members, parts}: Observation): string[] {
  const supervisor = Object.entries(parts).flatMap(([name, all]) => all.map(({pid}) => `${name} ${pid}`));
  return [
    ...(members.length > 0 ? [`left after down: ${listed(members)}`] : []),
    ...(supervisor.length > 0 ? [`left of the supervisor after down: ${supervisor.join(', ')}`] : []),
  ];
}
