/** The proof that nothing is left of each instance's last run, also of instances that have left the fleet since. */
import type {Doubt} from '../../base/proof.ts';
import type {Cleared} from '../../link/runs.ts';
import {hasEnded, readStat} from '../../process/stat.ts';

/** Most instances that are remembered: more than any command names. */
const MOST = 10_000;

export class LastEnds {
  readonly #byId = new Map<string, Cleared>();

  note(id: string, {proof, survivors, doubts}: Cleared): void {
    this.#byId.delete(id);
    this.#byId.set(id, doubts ? {proof, survivors, doubts} : {proof, survivors});
    const [oldest] = this.#byId.keys();
    if (this.#byId.size > MOST && oldest !== undefined) this.#byId.delete(oldest);
  }

  of(id: string): Cleared | undefined {
    return this.#byId.get(id);
  }
}

/** Returns the doubts that still hold: a process in doubt may have ended since. */
export const doubtsNow = (doubts: readonly Doubt[] | undefined): Doubt[] =>
  (doubts ?? []).filter(({pid, startTime}) => {
    const stat = pid === null ? null : readStat(pid);
    return pid === null || (stat !== null && stat.startTime === startTime && !hasEnded(stat));
  });
