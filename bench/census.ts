/** The state of the workers after a blow. */
import type {Row} from './processes.ts';
import type {Beat} from './pulse.ts';

export interface Census {
  readonly watched: number;
  /** Watched workers that are still the same process. */
  readonly alive: number;
  /** Watched workers with another process of the same name. */
  readonly replaced: number;
  /** Watched workers without a process. */
  readonly missing: number;
  /** Processes beyond one per name. */
  readonly doubled: number;
}

export function census(
  before: readonly {readonly name: string; readonly row: Row | null}[],
  living: readonly Row[],
  beats: readonly Beat[],
): Census {
  const nameOf = new Map(beats.map(({pid, name}) => [pid, name]));
  const byName = new Map<string, Row[]>();
  for (const one of living) {
    const name = nameOf.get(one.pid);
    // A process that has just started and not yet written its first beat.
    if (name === undefined) continue;
    byName.set(name, [...(byName.get(name) ?? []), one]);
  }
  let [alive, replaced, missing] = [0, 0, 0];
  for (const {name, row} of before) {
    const now = byName.get(name) ?? [];
    if (now.some(({pid, startTime}) => pid === row?.pid && startTime === row.startTime)) alive++;
    else if (now.length > 0) replaced++;
    else missing++;
  }
  const doubled = [...byName.values()].reduce((sum, {length}) => sum + length - 1, 0);
  return {watched: before.length, alive, replaced, missing, doubled};
}
