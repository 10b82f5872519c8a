import type {FleetEntry} from '../../control/find.ts';
import {processAlive, readLock} from '../../control/lock.ts';
import type {FleetDoubt, Outcome, Outcomes} from '../../control/reports.ts';
import {readLeft, type Left} from '../../control/left.ts';
import {atMost, timeoutOf} from '../framework/arguments.ts';
import {isSet, JSON_OPTION, TIMEOUT_OPTION, type Command, type Context} from '../framework/command.ts';
import {CliError, ExitCode} from '../framework/errors.ts';
import {chooseFleet, connectError, notRunning} from '../target/fleet.ts';
import {leftWords, processesLeftOf} from '../target/left-processes.ts';
import {count} from '../../base/format.ts';
import {plainText} from '../../text/sanitize.ts';
import {printOutcomes} from '../target/outcomes.ts';
import {stopFleet, type Stopped, type StopOptions} from '../target/stop-fleet.ts';
import {endOf, supervisorOf, supervisorOfController, waitUntilGone} from '../target/supervisor-processes.ts';
import {whileWaiting} from '../target/waiting.ts';

export const down: Command = {
  name: 'down',
  summary: 'stop all workers in reverse order, then the supervisor',
  usage: 'down [--now] [--timeout DURATION]',
  description: `Stops dependents before the workers that they depend on, each as \`brood stop\` does, then the supervisor. Returns when
nothing of the fleet is left. If the controller does not answer, the anchor gets SIGTERM instead. Changes made by hand (start,
stop, scale, add) are discarded: the next \`brood up\` starts what the file defines.`,
  options: {
    now: {type: 'boolean', help: 'stop all workers at once, ignoring order and timeouts'},
    ...TIMEOUT_OPTION,
    ...JSON_OPTION,
  },
  examples: [
    ['down', 'the fleet in ./brood.yaml'],
    ['down --fleet shop --now', 'another fleet, at once'],
  ],
  completes: 'none',
  async execute(context) {
    atMost(context, 0);
    const timeoutMs = timeoutOf(context);
    const entry = await chooseFleet(context);
    const named = supervisorOf(entry.folder);
    const processes = named.length > 0 ? named : await supervisorOfController(entry.folder);
    if (!processes.some(({pid, startTime}) => processAlive(pid, startTime))) throw notRunning(entry);
    const outcomes = await whileWaiting(context, entry, timeoutMs, async waiting => {
      const stopped = await stop(entry, {...waiting, now: isSet(context, 'now'), timeoutMs});
      const workersAreDown = stopped.kind === 'answered';
      const names = processes.map(({what, pid}) => `the ${what} (pid ${pid})`).join(' and ');
      waiting.onlyFor(`${names} to exit${workersAreDown ? '' : ' after stopping the workers'}`, processes);
      await waitUntilGone(processes, {workersAreDown, signal: waiting.signal});
      return workersAreDown ? stopped.outcomes : null;
    });
    return tell(context, entry, outcomes);
  },
};

async function stop(entry: FleetEntry, options: StopOptions): Promise<Stopped> {
  try {
    return await stopFleet(entry.folder, options);
  } catch (error) {
    throw connectError(entry, error);
  }
}

/** @param outcomes null if the controller's answer was lost or the controller gave none */
function tell(context: Context, {name, folder, id}: FleetEntry, outcomes: Outcomes | null): number {
  const {out} = context;
  const end = endOf(folder, outcomes !== null);
  if (end === 'again') {
    out.line(`fleet ${name} was stopped, but is running again (supervisor pid ${readLock(folder)?.pid ?? '?'})`);
    return ExitCode.done;
  }
  const left = outcomes === null || end === 'killed' ? processesLeftOf(id) : [];
  if (end === 'killed') {
    const found =
      left.length > 0 ? `these processes are still running: ${leftWords(left)}` : 'no process of it was found';
    throw new CliError(
      ExitCode.failed,
      `the supervisor of fleet ${name} was killed before it had stopped everything; ${found}. \`brood up\` adopts the remaining processes; \`brood down\` then stops them.`,
    );
  }
  if (left.length > 0) {
    throw new CliError(
      ExitCode.failed,
      `fleet ${name} is down, but some of its processes are left: ${leftWords(left)}`,
    );
  }
  const word = readLeft(folder);
  const unended = word.survivors;
  const answered = outcomes ?? {ok: true, outcomes: []};
  const doubts = doubtsOf(answered.outcomes, word);
  const result: Outcomes = {
    ...answered,
    ...(doubts.length > 0 && {doubts}),
    ...(unended.length > 0 && {ok: false, left: unended}),
  };
  if (isSet(context, 'json')) return printOutcomes(context, result);
  const failed = result.outcomes.filter(({ok}) => !ok);
  // An instance that was stopped has a reason only if its stop signal could not be sent.
  printOutcomes(context, {ok: true, outcomes: result.outcomes.filter(({ok, reason}) => ok && reason !== null)});
  if (failed.length > 0) printOutcomes(context, {ok: false, outcomes: failed});
  if (unended.length > 0) context.err.line(plainText(`could not be ended: ${unended.join(', ')}`));
  if (result.ok) {
    const how =
      outcomes === null ? 'the keeper stopped every worker' : `${count(outcomes.outcomes.length, 'instance')} stopped`;
    out.line(plainText(`fleet ${name} is down: ${how}, ${provedBy(doubts)}`));
  }
  return result.ok ? ExitCode.done : ExitCode.failed;
}

/** Returns the doubts that remain. Doubts about orphans are dropped: orphans are ended last, with the supervisor. */
function doubtsOf(outcomes: readonly Outcome[], {doubts}: Left): FleetDoubt[] {
  const byWords = new Map<string, Set<string>>();
  const add = ({ids, words}: FleetDoubt): void => {
    const known = byWords.get(words) ?? new Set();
    for (const id of ids) known.add(id);
    byWords.set(words, known);
  };
  for (const {id, doubts: some = []} of outcomes)
    for (const {pid, words} of some) if (pid === null) add({ids: [id], words});
  for (const doubt of doubts ?? [NO_WORD]) add(doubt);
  return Array.from(byWords, ([words, ids]) => ({ids: [...ids], words}));
}

const NO_WORD: FleetDoubt = {ids: [], words: 'the keeper did not record what it could not check'};

/** The most instances that a sentence names. */
const MOST_NAMED = 3;

function provedBy(doubts: readonly FleetDoubt[]): string {
  if (doubts.length === 0) return 'nothing is left';
  const said = doubts.map(({ids, words}) => {
    const named = ids.slice(0, MOST_NAMED).join(', ') + (ids.length > MOST_NAMED ? ' and more' : '');
    return ids.length === 0 ? words : `${named}: ${words}`;
  });
  return ['nothing is left according to parents, sessions and environment', ...said].join('; ');
}
