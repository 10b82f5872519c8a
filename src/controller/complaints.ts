/** What is wrong, for whoever reads the supervisor's standard error. */
import type {Engine} from './engine.ts';

export function complain(what: string, error: unknown): void {
  process.stderr.write(
    `brood controller: ${what}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
  );
}

/** Something was wrong and is not any more; a line of the journal says so, too. */
export function noteRepaired(engine: Engine, what: string, message: string): void {
  engine.note({type: 'repaired', what, message});
  process.stderr.write(`brood controller: repaired ${what}: ${message}\n`);
}
