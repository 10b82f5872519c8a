import {setTimeout as delay} from 'node:timers/promises';
import {openSource} from '../../process/open-source.ts';
import {Snapshot} from '../../process/snapshot.ts';
import {Terminals} from '../../process/terminals.ts';
import {Users} from '../../process/users.ts';
import {isSet, JSON_OPTION, type Command, type Context} from '../framework/command.ts';
import {CliError, ExitCode} from '../framework/errors.ts';
import {count} from '../../base/format.ts';
import {ALL_OPTION, withScope, type Scope} from '../target/scope.ts';
import {printTable} from '../terminal/table.ts';
import {choose, type Place} from '../tree/choose.ts';
import {columns, type Line} from '../tree/columns.ts';
import {factsOf, type Facts} from '../tree/facts.ts';
import {treeJson} from '../tree/json.ts';
import {prefixes, strokesFor} from '../tree/lines.ts';

/** The time between two readings, over which CPU use is measured. */
const BETWEEN_MS = 200;
/** The share of a terminal's width for the lines between parents and children. */
const LINES_SHARE = 0.2;
/** The widest such lines in a pipe: in a chain of thousands, each row would be longer than the one before it. */
const WIDEST_LINES = 300;

export const tree: Command = {
  name: 'tree',
  summary: 'show the process tree: state, nice, threads, CPU, memory, worker',
  usage: 'tree [NAME|PID] [--all] [--pss] [--kernel] [--portable] [--json]',
  description: `Shows the processes of the fleet, of a worker or an instance, or a process and its descendants; with --all, those of the
whole machine, with or without a fleet. The keeper is the root of its fleet; processes outside its tree follow it.
STAT is as in ps(1): R running, S sleeping, D waiting for a device, T stopped, Z zombie, I idle kernel thread;
< nice below 0, N above 0, L locked memory, s session leader, l threads, + in the foreground of its terminal.
CPU is of one core, over 0.2 s. A dash marks an unknown value.`,
  options: {
    ...ALL_OPTION,
    pss: {
      type: 'boolean',
      help: 'show memory with a proportional share of shared pages (slow; denied for other users)',
    },
    kernel: {type: 'boolean', help: 'include kernel threads'},
    portable: {
      type: 'boolean',
      help: 'read from ps(1), as on systems without /proc: states, nice, threads and memory are unknown',
    },
    ...JSON_OPTION,
  },
  examples: [
    ['tree', 'the fleet in ./brood.yaml'],
    ['tree web/1', 'one instance'],
    ['tree --all', 'the whole machine'],
    ['tree --all --json', 'the whole machine as JSON'],
  ],
  completes: 'instances',
  execute: context => withScope(context, scope => show(context, scope)),
};

async function show(context: Context, scope: Scope): Promise<number> {
  const portable = isSet(context, 'portable');
  const below = scope.target?.kind === 'pid' ? scope.target.pid : null;
  const snapshot = new Snapshot(await openSource({again: true, below, portable}));
  try {
    await snapshot.refresh();
    // The delay is used to read the details of each process. A process that ends before the second reading is not
    // shown.
    const second = delay(BETWEEN_MS);
    for (const {row} of choose(snapshot, scope)) snapshot.details(row);
    await second;
    await snapshot.refresh();
    const places = choose(snapshot, scope);
    if (places.length === 0) throw nobody(scope);
    await print(context, snapshot, scope, places);
    return ExitCode.done;
  } finally {
    snapshot.close();
  }
}

function nobody({target}: Scope): CliError {
  const words =
    target === null
      ? 'no visible process'
      : target.kind === 'pid'
        ? `no such process: ${target.pid}`
        : `${target.worker}${target.instance === null ? '' : `/${target.instance}`} has no process`;
  return new CliError(ExitCode.failed, words);
}

async function print(context: Context, snapshot: Snapshot, scope: Scope, places: readonly Place[]): Promise<void> {
  const {out, err} = context;
  const naming = {users: new Users(), terminals: new Terminals()};
  await naming.users.ask(places.map(({row}) => snapshot.details(row).uid).filter(uid => uid !== null));
  const withPss = isSet(context, 'pss');
  const nodes = places.map(place => {
    const facts = factsOf(snapshot, place, naming);
    const pss = withPss ? snapshot.pss(place.row) : null;
    const pssDenied = pss === 'denied';
    return {depth: place.depth, facts: withPss ? {...facts, pssBytes: pssDenied ? null : pss} : facts, pssDenied};
  });
  if (isSet(context, 'json')) {
    // eslint-disable-next-line no-restricted-syntax -- JSON already, made by jsonOf
    out.exactLine(treeJson(nodes));
    return;
  }
  const isFolded = ({kernelThread}: Facts): boolean =>
    kernelThread && scope.target === null && !isSet(context, 'kernel');
  const kept = nodes.filter(({facts}) => !isFolded(facts));
  const most = out.columns === null ? WIDEST_LINES : Math.floor(out.columns * LINES_SHARE);
  const strokes = prefixes(
    kept.map(({depth}) => depth),
    strokesFor(context.env),
    most,
  );
  const lines = kept.map(({facts, pssDenied}, n): Line => ({facts, pssDenied, prefix: strokes[n] ?? ''}));
  const shown = {withPss, withUser: scope.all, withOwner: scope.lineage !== null, isBrief: out.isTerminal};
  printTable(out, columns(shown), lines);
  const folded = nodes.length - kept.length;
  if (folded > 0) err.line(err.paint('dim', `${count(folded, 'kernel thread')} left out; --kernel shows them`));
}
