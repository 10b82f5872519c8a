import {randomBytes} from 'node:crypto';
import {availableParallelism} from 'node:os';
import {calendar} from './calendar.ts';
import {writeError} from '../../posix/standard-error.ts';
import {rateLimitsFor, type CoreOptions} from '../../supervisor/index.ts';

/** The most violations that one controller reports: an instance may violate its invariants at each change. */
const MOST_VIOLATIONS = 20;
let violations = 0;

function reportViolation(words: string): void {
  if (++violations > MOST_VIOLATIONS) return;
  writeError(`brood controller: bug: an invariant is violated: ${words}; please report it with the journal\n`);
}

/** What the core needs from the world outside. */
export const coreOptions: CoreOptions = {
  newToken: (): string => randomBytes(16).toString('hex'),
  random: (): number => randomBytes(6).readUIntBE(0, 6) / 2 ** 48,
  calendar,
  limits: rateLimitsFor(availableParallelism()),
  violated: reportViolation,
};
