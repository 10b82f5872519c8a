/** Dependencies of the core: randomness, the calendar and the limits of the machine. */
import type {Calendar} from './calendar.ts';
import type {RateLimits} from './instance/rate.ts';

export interface CoreOptions {
  /** Returns a random token that no run has had. */
  readonly newToken: () => string;
  /** Returns a random number from 0 (inclusive) to 1 (exclusive), for the jitter of delays. */
  readonly random: () => number;
  readonly calendar: Calendar;
  /** Limits of the rate of restarts on this machine. */
  readonly limits: RateLimits;
  /** Reports a violated invariant, which is a bug of brood. The core goes on. */
  readonly violated: (words: string) => void;
}
