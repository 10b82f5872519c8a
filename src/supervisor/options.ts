/** What the core can't make up itself: chance, and what the machine and the calendar say. */
import type {Calendar} from './calendar.ts';
import type {RateLimits} from './instance/rate.ts';

export interface CoreOptions {
  /** A random token that no run has had. */
  readonly newToken: () => string;
  /** 0 (inclusive) to 1 (exclusive), for the jitter of delays. */
  readonly random: () => number;
  readonly calendar: Calendar;
  /** How fast the machine may be asked to restart workers. */
  readonly limits: RateLimits;
}
