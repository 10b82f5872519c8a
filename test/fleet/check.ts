import {formatProblem, parseFleetText, type FleetSpec, type WorkerSpec} from '../../src/fleet/index.ts';
import type {ParseOptions} from '../../src/fleet/index.ts';

export interface Checked {
  readonly fleet: FleetSpec | null;
  /** In the form `LINE:COLUMN: message`. */
  readonly errors: readonly string[];
  readonly notes: readonly string[];
}

/** Returns the output of `brood check` for a text, on a machine of two processors, without root. */
export async function check(text: string, options: Partial<ParseOptions> = {}): Promise<Checked> {
  const {fleet, problems} = await parseFleetText(text, {file: 'f', dir: '/srv/shop', root: false, cpus: 2, ...options});
  const said = (severity: string) =>
    problems.filter(problem => problem.severity === severity).map(problem => formatProblem(problem).slice('f:'.length));
  return {fleet, errors: said('error'), notes: said('note').map(note => note.replace(': note: ', ': '))};
}

/** Returns a fleet whose only worker `w` has these lines. */
export function workerText(...lines: readonly string[]): string {
  return ['workers:', '  w:', ...lines.map(line => `    ${line}`), ''].join('\n');
}

/** Returns that worker, checked; throws its errors. */
export async function worker(...lines: readonly string[]): Promise<WorkerSpec> {
  const {fleet, errors} = await check(workerText(...lines), {root: true});
  const spec = fleet?.workers[0];
  if (spec === undefined) throw new Error(errors.join('\n'));
  return spec;
}

/** Returns the errors of a worker that sleeps and has these lines, too. */
export async function errorsOf(...lines: readonly string[]): Promise<readonly string[]> {
  return (await check(workerText('run: sleep 9', ...lines))).errors;
}
