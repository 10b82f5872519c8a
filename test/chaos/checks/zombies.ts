/** No zombie is older than two sweeps, unless its parent is stopped and can't wait for it. */
import {identity, isStopped, type Observation} from '../observation.ts';

/** A sweep runs every 5 s. */
const TWO_SWEEPS_MS = 10_000;

export class ZombieAges {
  /** By zombie and parent: since when it has been a zombie while that parent could run. */
  #since = new Map<string, number>();

  look({at, zombies}: Observation): string[] {
    const since = new Map<string, number>();
    const complaints: string[] = [];
    for (const {seen, parent, parentIs} of zombies) {
      if (isStopped(parent)) continue;
      const key = `${identity(seen)} ${identity(parent)}`;
      const first = this.#since.get(key) ?? at;
      since.set(key, first);
      if (at - first > TWO_SWEEPS_MS)
        complaints.push(
          `zombie ${seen.pid} (${seen.name}) has waited ${Math.round(at - first)} ms for ${parentIs} (pid ${parent.pid})`,
        );
    }
    this.#since = since;
    return complaints;
  }
}
