/** Writes problems to the supervisor's standard error. */
import type {Engine} from './engine.ts';
import {writeError} from '../../posix/standard-error.ts';

export function logError(what: string, error: unknown): void {
  writeError(`brood controller: ${what}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
}

/** Reports a problem that has been repaired, also in the journal. */
export function noteRepaired(engine: Engine, what: string, message: string): void {
  engine.note({type: 'repaired', what, message});
  writeError(`brood controller: repaired ${what}: ${message}\n`);
}
