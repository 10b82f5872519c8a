/** How often the processes of a story fail. */
import type {Prng} from '../prng.ts';

/** Probabilities, from 0 to 1. */
export interface FaultRates {
  readonly crash: number;
  readonly spawnFails: number;
  readonly ignoresStop: number;
  readonly survivors: number;
  /** A worker does not feed its watchdog. */
  readonly hangs: number;
}

export const NO_FAULTS: FaultRates = {crash: 0, spawnFails: 0, ignoresStop: 0, survivors: 0, hangs: 0};

export function randomFaultRates(rng: Prng): FaultRates {
  return {
    crash: rng.pick([0.01, 0.1, 0.5]),
    spawnFails: rng.pick([0, 0.05, 0.4]),
    ignoresStop: rng.pick([0, 0.2]),
    survivors: rng.pick([0, 0.1]),
    hangs: rng.pick([0, 0.05, 0.3]),
  };
}
