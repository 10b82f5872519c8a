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

/** What the machine allows; as it is where not said otherwise. */
export interface Machine {
  /** Whether the fleet would run as root: `user` and a nice value below 0 need it. */
  readonly root?: boolean;
  /** What `instances: cpus` means. */
  readonly cpus?: number;
  /** What keeps a path from being watched, in words. Left out: nothing does. */
  readonly unwatchable?: (path: string) => string | null;
  /** Why a limit can't be held by cgroup here, in words. Left out: all can. */
  readonly unenforced?: (limit: 'memory' | 'cpu') => string | null;
  /** Why no socket is to be bound at a path, in words. Left out: nothing speaks against any. */
  readonly noSocket?: (path: string) => string | null;
}

export interface ParseOptions extends Machine {
  /** What the file is called in problems, and in the fleet unless `canonical` says otherwise. */
  readonly file: string;
  /** The canonical path of the file. */
  readonly canonical?: string;
  /** The folder that relative paths start from, absolute. */
  readonly dir: string;
  /** Default `yaml`. */
  readonly format?: 'yaml' | 'procfile';
}

/** Checks and normalizes the text of a fleet file. Never throws for what the text says: all that is wrong is a problem. */
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

/** `x-…` at the top is where people keep what they use by anchor. */
function withoutExtensions(root: Node): Node {
  if (root.kind !== 'map') return root;
  return {...root, entries: root.entries.filter(({key}) => !key.startsWith('x-'))};
}
