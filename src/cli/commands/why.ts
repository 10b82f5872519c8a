import {constants} from 'node:os';
import {NotRunningError} from '../../control/errors.ts';
import type {FleetEntry} from '../../control/find.ts';
import type {InstanceDetail, WorkerReport} from '../../control/reports.ts';
import {atMost, targetsOf} from '../framework/arguments.ts';
import type {Command, Context} from '../framework/command.ts';
import {CliError, ExitCode} from '../framework/errors.ts';
import {chooseFleet} from '../target/fleet.ts';
import type {Evidence} from '../why/evidence.ts';
import {journalOf} from '../why/instance-journal.ts';
import {lastWords} from '../why/last-output.ts';
import {ask, NoAnswerError, reach} from '../target/reach.ts';
import {tell} from '../why/story.ts';
import {wrap} from '../terminal/wrap.ts';
import {plainText} from '../../text/sanitize.ts';

const STORIES = 5;

export const why: Command = {
  name: 'why',
  summary: 'explain the last exit or failure of a worker',
  usage: 'why NAME',
  description: `Explains the state of a worker: when it was started, how long it ran, how it ended and what that usually means, its
last output, the action of the restart policy, what prevents a start, and what to do. Reads journal and logs, so it also works
when the supervisor is down.`,
  options: {},
  examples: [
    ['why web', 'the instances of web that have problems'],
    ['why web/2', 'one instance'],
  ],
  completes: 'instances',
  async execute(context) {
    atMost(context, 1);
    const [target = ''] = targetsOf(context);
    const entry = await chooseFleet(context);
    const known = await askSupervisor(context, entry, target);
    const records = journalOf(entry.folder, (id, worker) => worker === target || id === target);
    const ids = known ? interesting(known.details).map(({id}) => id) : [...records.keys()];
    if (ids.length === 0) throw new CliError(ExitCode.failed, `no such worker in fleet ${entry.name}: ${target}`);
    for (const [i, id] of ids.slice(0, STORIES).entries()) {
      if (i > 0) context.out.line();
      const detail = known?.details.find(one => one.id === id) ?? null;
      const own = records.get(id) ?? [];
      const evidence: Evidence = {
        id,
        records: own,
        detail,
        dependencies: detail && known ? dependenciesOf(detail, known.workers) : [],
        lastWords: await lastWords(entry.folder, id, own),
        now: Date.now(),
      };
      print(context, tell(evidence, signalOfNumber));
    }
    if (ids.length > STORIES) {
      context.out.line();
      context.out.line(`${ids.length - STORIES} more: ${ids.slice(STORIES).join(', ')}`);
    }
    return ExitCode.done;
  },
};

interface Known {
  readonly details: readonly InstanceDetail[];
  readonly workers: readonly WorkerReport[];
}

/** Returns the supervisor's reports, or null if no supervisor is running or none answers. */
async function askSupervisor({err}: Context, entry: FleetEntry, target: string): Promise<Known | null> {
  try {
    const client = await reach(entry.folder);
    try {
      const [{instances}, {workers}] = await Promise.all([
        ask({entry, client}, 'status', {targets: [target]}),
        ask({entry, client}, 'ps', {}),
      ]);
      return {details: instances, workers};
    } finally {
      client.close();
    }
  } catch (error) {
    if (error instanceof NotRunningError) return null;
    if (error instanceof NoAnswerError) {
      err.line(`reading only the journal: ${plainText(error.message)}`);
      return null;
    }
    throw error;
  }
}

/** Selects the instances that are not well; if all are well, those that have ended before; otherwise the first one. */
function interesting(details: readonly InstanceDetail[]): readonly InstanceDetail[] {
  const unwell = details.filter(
    ({status, health}) => (status !== 'ready' && status !== 'finished') || (health?.failures ?? 0) > 0,
  );
  if (unwell.length > 0) return unwell;
  const ended = details.filter(({exit}) => exit !== null);
  return ended.length > 0 ? ended : details.slice(0, 1);
}

/** Returns the states of the dependencies that a pending instance waits for. */
function dependenciesOf(
  {status, after, requires}: InstanceDetail,
  workers: readonly WorkerReport[],
): readonly string[] {
  if (status !== 'pending') return [];
  const names = new Set([...requires, ...after]);
  return workers
    .filter(({worker, status: its}) => names.has(worker) && its !== 'ready' && its !== 'finished')
    .map(one => `${one.id} is ${one.status}${one.reason === null ? '' : ` (${one.reason})`}`);
}

function signalOfNumber(number: number): string | null {
  return Object.entries(constants.signals).find(([, value]) => value === number)?.[0] ?? null;
}

function print({out}: Context, [first = '', ...rest]: readonly string[]): void {
  // Lines in a pipe are not wrapped: a program would read a wrapped line as two.
  const width = out.columns ?? Infinity;
  for (const line of wrap(first, width)) out.line(out.paint('bold', line));
  for (const paragraph of rest) for (const line of wrap(paragraph, width)) out.line(out.paint(null, line));
}
