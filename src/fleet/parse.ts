import {availableParallelism} from 'node:os';
import type {Context} from './check/check.ts';
import {checkTotal} from './total.ts';
import {readProcfile} from './procfile.ts';
import {checkReferences} from './references.ts';
import {Report, TooManyProblems} from './syntax/report.ts';
import {fleet} from './schema/fleet.ts';
import type {Node} from './syntax/tree.ts';
import type {FleetSpec, ParsedFleet} from './types.ts';
import {readYaml} from './syntax/yaml.ts';

/** Properties of the machine. Absent: those of this machine, unless stated otherwise. */
export interface Machine {
  /** Whether the fleet would run as root: `user` and a nice value below 0 need it. */
  readonly root?: boolean;
  /** The value of `instances: cpus`. */
  readonly cpus?: number;
  /** Returns why a path can't be watched, or null. Absent: every path can. */
  readonly unwatchable?: (path: string) => string | null;
  /** Returns why a limit can't be enforced by cgroup here, or null. Absent: every limit can. */
  readonly unenforced?: (limit: 'memory' | 'cpu') => string | null;
  /** Returns why no socket may be bound at a path, or null. Absent: every path is allowed. */
  readonly noSocket?: (path: string) => string | null;
}

export interface ParseOptions extends Machine {
  /** The name of the file in problems, and in the fleet unless `canonical` is set. */
  readonly file: string;
  /** The canonical path of the file. */
  readonly canonical?: string;
  /** The base folder of relative paths, absolute. */
  readonly dir: string;
  /** Default `yaml`. */
  readonly format?: 'yaml' | 'procfile';
}

/** Checks and normalizes the text of a fleet file. Never throws for its content: every error becomes a problem. */
export async function parseFleetText(input: string, options: ParseOptions): Promise<ParsedFleet> {
  const text = input.replace(/^\uFEFF/, '');
  const {file, dir, format = 'yaml'} = options;
  const report = new Report(file, text);
  const context: Context = {
    report,
    dir,
    root: options.root ?? process.geteuid?.() === 0,
    cpus: options.cpus ?? availableParallelism(),
    unwatchable: options.unwatchable ?? (() => null),
    unenforced: options.unenforced ?? (() => null),
    noSocket: options.noSocket ?? (() => null),
  };
  const spec = await readSpec(text, format, context);
  const problems = report.problems();
  if (report.failed || spec === null) return {fleet: null, problems};
  return {fleet: {...spec, file: options.canonical ?? file}, problems};
}

async function readSpec(
  text: string,
  format: 'yaml' | 'procfile',
  context: Context,
): Promise<Omit<FleetSpec, 'file'> | null> {
  try {
    return format === 'procfile' ? readProcfile(text, context) : await readFleet(text, context);
  } catch (error) {
    if (error instanceof TooManyProblems) return null;
    throw error;
  }
}

async function readFleet(text: string, context: Context): Promise<Omit<FleetSpec, 'file'> | null> {
  const tree = await readYaml(text, context.report);
  if (context.report.failed && tree === undefined) return null;
  const example = 'write workers: {web: {run: node server.js}}';
  if (tree === undefined || (tree.kind === 'scalar' && tree.value === null)) {
    context.report.error(0, `the file is empty: ${example}`);
    return null;
  }
  const root = withoutExtensions(tree);
  const spec = fleet.read({label: '', keyAt: root.at, node: root}, context);
  checkReferences(root, context);
  if (spec !== null) checkTotal(root, spec.workers, context);
  return spec;
}

/** Keys named `x-…` at the top level hold anchors. */
function withoutExtensions(root: Node): Node {
  if (root.kind !== 'map') return root;
  return {...root, entries: root.entries.filter(({key}) => !key.startsWith('x-'))};
}
