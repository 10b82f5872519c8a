/** Reads a fleet file for a command, and reports all problems at once, with their places. */
import {existsSync} from 'node:fs';
import {join} from 'node:path';
import {findFleetFile, formatProblem, parseFleetFile} from '../../fleet/index.ts';
import type {FleetSpec, Problem} from '../../fleet/types.ts';
import {whyNoSocketHere} from '../../home/check.ts';
import {whyUnwatched} from './unwatched.ts';
import {whyNoLimit} from '../../process/cgroup.ts';
import type {Context} from '../framework/command.ts';
import {CliError, ExitCode} from '../framework/errors.ts';
import {count} from '../../base/format.ts';
import {plainText} from '../../text/sanitize.ts';

/** Returns the named file, or ./brood.yaml. @throws CliError 2 */
export function fleetFileOf({positionals, cwd}: Context): string {
  const [named] = positionals;
  if (named !== undefined) return named;
  const found = findFleetFile(cwd);
  if (found !== null) return 'brood.yaml';
  const hint = existsSync(join(cwd, 'Procfile'))
    ? '; pass `Procfile` as an argument to use it'
    : '; pass the name of another file as an argument';
  throw new CliError(ExitCode.usage, `no brood.yaml in ${cwd}${hint}`);
}

/** Prints all problems on stderr. */
export function printProblems({err}: Context, problems: readonly Problem[]): void {
  for (const problem of problems) {
    const [place, ...rest] = formatProblem(problem).split(': ');
    const style = problem.severity === 'error' ? 'red' : 'dim';
    err.line(`${err.paint(style, plainText(place ?? ''))}: ${plainText(rest.join(': '))}`);
  }
}

/** Reads the fleet of a file without errors. @throws CliError 2, after all problems were printed. */
export async function readFleetFile(context: Context): Promise<FleetSpec> {
  const file = fleetFileOf(context);
  const {fleet, problems} = await parseFleetFile(file, {
    unenforced: whyNoLimit,
    noSocket: whyNoSocketHere,
    unwatchable: whyUnwatched,
  });
  printProblems(context, problems);
  if (fleet) return fleet;
  const errors = problems.filter(({severity}) => severity === 'error').length;
  throw new CliError(ExitCode.usage, `${count(errors, 'error')} in ${file}; nothing was started`);
}
