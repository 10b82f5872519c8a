import type {Client} from '../../control/client.ts';
import {ConnectionLostError} from '../../control/errors.ts';
import type {FleetEntry} from '../../control/find.ts';
import type {FindingsReport, Guarantees, InstanceDetail} from '../../control/reports.ts';
import {atMost} from '../framework/arguments.ts';
import {isSet, JSON_OPTION, textOf, type Command, type Context} from '../framework/command.ts';
import {FINDING_CHECKS, FLEET_CHECKS, SUPERVISOR_CHECKS} from '../doctor/checks.ts';
import {deadlocksAmong} from '../doctor/deadlocks.ts';
import type {Findings} from '../doctor/findings.ts';
import {machineFindings} from '../doctor/machine.ts';
import {leftWords, repair, mustBeAbleToAsk, terminalAsk, type Repaired} from '../doctor/repair.ts';
import type {FleetTarget, Problem} from '../doctor/target.ts';
import {CliError, ExitCode, UsageError} from '../framework/errors.ts';
import {chooseFleet, type Connected} from '../target/fleet.ts';
import {count} from '../../base/format.ts';
import {journalOf} from '../why/instance-journal.ts';
import {lastWords} from '../why/last-output.ts';
import {plainText} from '../../text/sanitize.ts';
import {ask, NoAnswerError} from '../target/reach.ts';
import {ALL_OPTION, connectOrHint} from '../target/scope.ts';
import {examineSupervisor} from '../target/supervisor-look.ts';
import {wrap} from '../terminal/wrap.ts';

/** The lines of output to read: a Node.js crash ends with a dozen lines, of which the first is the most informative. */
const TRACE_LINES = 30;

export const doctor: Command = {
  name: 'doctor',
  summary: 'find problems, explain them and suggest remedies',
  usage: 'doctor [--all] [--json] [--fix [--yes]]',
  description: `Reports zombies, orphans and deadlocks, restart storms and the common cause of their crashes, workers that have failed
or wait forever, flapping health checks, ports in use by other programs, processes that could not be ended, shortage of disk
space and descriptors, a supervisor that is stopped, stuck or silent, and guarantees that are weaker on this machine. Each
finding is explained and comes with advice. Exits with 1 if there is a problem; orphans and weaker guarantees alone do not
count. Without --fix, it changes nothing.`,
  options: {
    ...ALL_OPTION,
    ...JSON_OPTION,
    fix: {type: 'boolean', help: 'apply fixes; asks before each one'},
    yes: {type: 'boolean', help: 'with --fix: do not ask, and leave orphans alone'},
  },
  examples: [
    ['doctor', 'examine the fleet'],
    ['doctor --fix', 'also repair what can be repaired'],
    ['doctor --all', 'include zombies, orphans and deadlocks of the whole machine'],
    ['doctor --json', 'for monitoring'],
  ],
  completes: 'none',
  async execute(context) {
    atMost(context, 0);
    const [all, fix, yes] = [isSet(context, 'all'), isSet(context, 'fix'), isSet(context, 'yes')];
    if (yes && !fix) throw new UsageError('--yes requires --fix');
    if (fix) mustBeAbleToAsk(context, yes || isSet(context, 'json'));
    if (fix && isSet(context, 'json') && !yes) throw new UsageError('--fix --json requires --yes, since it cannot ask');
    const visit = await visitFleet(context, all);
    try {
      return await consult(context, visit, {all, fix, yes});
    } finally {
      visit?.client?.close();
    }
  },
};

interface DoctorOptions {
  readonly all: boolean;
  readonly fix: boolean;
  readonly yes: boolean;
}

/** A fleet, and a connection to its controller if the controller answers. */
interface Visit {
  readonly entry: FleetEntry;
  readonly client: Client | null;
}

/**
 * Connects to the fleet. Returns null if no fleet is running and none is needed. If the supervisor does not answer,
 * `client` is null and the supervisor is examined from outside.
 */
async function visitFleet(context: Context, all: boolean): Promise<Visit | null> {
  try {
    return await connectOrHint(context);
  } catch (error) {
    if (error instanceof NoAnswerError) return {entry: await chooseFleet(context), client: null};
    const isAbsent = error instanceof CliError && textOf(context, 'fleet') === undefined;
    if (all && isAbsent) return null;
    throw error;
  }
}

async function consult(context: Context, visit: Visit | null, options: DoctorOptions): Promise<number> {
  const {out} = context;
  let connected: Connected | null = visit?.client ? {entry: visit.entry, client: visit.client} : null;
  let target: FleetTarget | null = null;
  let findings: Findings | null = null;
  try {
    target = connected && (await examine(connected));
    findings = await look(connected, options.all);
  } catch (error) {
    // The controller stopped answering during the examination.
    if (!(error instanceof NoAnswerError || error instanceof ConnectionLostError)) throw error;
    connected = null;
  }
  findings ??= await look(null, options.all);
  const problems: Problem[] = [];
  if (visit) {
    const keeperSilentMs = target?.supervisor.keeperSilentMs ?? null;
    const answers = {controllerIsSilent: connected === null, keeperSilentMs};
    const supervisor = await examineSupervisor(visit.entry.folder, answers);
    problems.push(...SUPERVISOR_CHECKS.flatMap(check => check(supervisor)));
  }
  for (const check of FINDING_CHECKS) problems.push(...check(findings));
  if (target) for (const check of FLEET_CHECKS) problems.push(...(await check(target)));
  const asJson = isSet(context, 'json');
  if (!asJson) print(context, problems, options.all);
  const repaired = options.fix ? await repairAll(context, problems, options.yes, asJson) : null;
  if (asJson) out.json(report(findings, problems, target?.supervisor.guarantees ?? null, repaired));
  const helped = (repaired ?? []).filter(one => one.helped).length;
  return wrong(problems) - helped <= 0 ? ExitCode.done : ExitCode.failed;
}

const wrong = (problems: readonly Problem[]): number => problems.filter(({harmless}) => !harmless).length;

const report = (
  {zombies, orphans, deadlocks}: Findings,
  problems: readonly Problem[],
  guarantees: Guarantees | null,
  repaired: readonly Repaired[] | null,
): object => ({
  zombies,
  orphans,
  deadlocks,
  problems: problems.map(({kind, worker, message, advice}) => ({kind, worker, message, advice})),
  guarantees,
  ...(repaired === null ? {} : {fixes: repaired}),
});

async function repairAll(
  context: Context,
  problems: readonly Problem[],
  yes: boolean,
  quiet: boolean,
): Promise<Repaired[]> {
  const {out} = context;
  const terminal = yes ? null : terminalAsk();
  const tell = ({fix, helped, words}: Repaired): void => {
    if (quiet) return;
    out.line(out.paint(helped ? 'green' : 'red', plainText(`${fix}: ${words}`)));
    out.flush();
  };
  out.flush();
  try {
    const done = await repair(problems, terminal?.ask ?? null, tell);
    const left = yes && !quiet ? leftWords(problems) : null;
    if (left !== null) out.line(left);
    return done;
  } finally {
    terminal?.close();
  }
}

const NOTHING: FindingsReport = {zombies: [], orphans: []};

/** Returns zombies, orphans and deadlocks. */
async function look(connected: Connected | null, all: boolean): Promise<Findings> {
  const client = connected?.client ?? null;
  const own = connected === null ? NOTHING : await ask(connected, 'findings', {});
  const lineage = connected === null ? null : await ask(connected, 'lineage', {});
  const found = all ? await machineFindings(own) : own;
  return {...found, ...deadlocksAmong(lineage, all), client};
}

async function examine(connected: Connected): Promise<FleetTarget> {
  const {folder} = connected.entry;
  const {supervisor, storm, workers} = await ask(connected, 'ps', {});
  const names = [...new Set(workers.map(({worker}) => worker))];
  const instances: readonly InstanceDetail[] =
    names.length === 0 ? [] : (await ask(connected, 'status', {targets: names})).instances;
  const records = journalOf(folder, () => true);
  return {
    folder,
    supervisor,
    storm,
    instances,
    records,
    lastWords: id => lastWords(folder, id, records.get(id) ?? [], TRACE_LINES),
    now: Date.now(),
  };
}

function print({out}: Context, problems: readonly Problem[], all: boolean): void {
  const width = out.columns ?? Infinity;
  for (const {kind, message, advice, harmless} of problems) {
    for (const line of wrap(kind + ': ' + plainText(message), width))
      out.line(out.paint(harmless === true ? 'yellow' : 'red', line));
    for (const line of wrap(plainText(advice), width - 2)) out.line('  ' + line);
  }
  const number = wrong(problems);
  out.line(number === 0 ? `no problems found${all ? ' as far as this user can see' : ''}` : count(number, 'problem'));
}
