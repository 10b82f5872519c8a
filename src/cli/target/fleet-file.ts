/** Reading a fleet file for a command: every problem said at once, with its place. */
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
import {plainText} from '../../words/sanitize.ts';

/** The file that was named, else ./brood.yaml. @throws CliError 2 */
export function fleetFileOf({positionals, cwd}: Context): string {
  const [named] = positionals;
  if (named !== undefined) return named;
  const found = findFleetFile(cwd);
  if (found !== null) return 'brood.yaml';
  const hint = existsSync(join(cwd, 'Procfile')) ? '; name the Procfile to use it' : '; name the file to use another';
  throw new CliError(ExitCode.usage, `no brood.yaml in ${cwd}${hint}`);
}

/** Says every problem on stderr. */
export function printProblems({err}: Context, problems: readonly Problem[]): void {
  for (const problem of problems) {
    const [place, ...rest] = formatProblem(problem).split(': ');
    const style = problem.severity === 'error' ? 'red' : 'dim';
    err.line(`${err.paint(style, plainText(place ?? ''))}: ${plainText(rest.join(': '))}`);
  }
}

/** The fleet of a file without errors. @throws CliError 2, after all problems were said. */
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
