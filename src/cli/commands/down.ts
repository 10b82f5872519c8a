import {ConnectionLostError, NotRunningError} from '../../control/errors.ts';
import type {Outcomes} from '../../control/messages.ts';
import {readLeft} from '../../control/left.ts';
import {atMost, timeoutOf} from '../arguments.ts';
import {isSet, JSON_OPTION, TIMEOUT_OPTION, type Command, type Context} from '../command.ts';
import {ExitCode} from '../errors.ts';
import {chooseFleet, connect, type Connected} from '../fleet.ts';
import {count} from '../../words/format.ts';
import {plainText} from '../../words/sanitize.ts';
import {printOutcomes} from '../outcomes.ts';
import {supervisorOf, waitUntilGone} from '../supervisor-processes.ts';
import {callAndWait} from '../wait.ts';

export const down: Command = {
  name: 'down',
  summary: 'stop every worker in reverse order, then the supervisor',
  usage: 'down [--now] [--timeout DURATION]',
  description: `Stops what depends on others first, each by its stop ladder, and then the supervisor. Returns when nothing of the
fleet is left. What was changed by hand (start, stop, scale, add) is forgotten: \`brood up\` starts what the file says.`,
  options: {
    now: {type: 'boolean', help: 'all at once, without waiting for order or timeouts'},
    ...TIMEOUT_OPTION,
    ...JSON_OPTION,
  },
  examples: [
    ['down', 'the fleet of ./brood.yaml'],
    ['down --fleet shop --now', 'another one, at once'],
  ],
  completes: 'none',
  async execute(context) {
    atMost(context, 0);
    const timeoutMs = timeoutOf(context);
    const entry = await chooseFleet(context);
    const connected = {entry, client: await connect(entry)};
    try {
      return await end(context, connected, timeoutMs);
    } finally {
      connected.client.close();
    }
  },
};

async function end(context: Context, connected: Connected, timeoutMs: number | undefined): Promise<number> {
  const {entry} = connected;
  const processes = supervisorOf(entry.folder);
  const params = {...(isSet(context, 'now') ? {now: true} : {}), ...(timeoutMs === undefined ? {} : {timeoutMs})};
  let result: Outcomes;
  try {
    result = await callAndWait(context, connected, 'down', params, {timeoutMs, repeatable: true});
  } catch (error) {
    // Its last answer was lost with the supervisor itself, which is what was asked for.
    if (!(error instanceof NotRunningError || error instanceof ConnectionLostError)) throw error;
    result = {ok: true, outcomes: []};
  }
  await waitUntilGone(processes);
  const left = readLeft(entry.folder);
  if (left.length > 0) result = {...result, ok: false, left};
  const failed = result.outcomes.filter(({ok}) => !ok);
  if (isSet(context, 'json')) return printOutcomes(context, result);
  if (failed.length > 0) printOutcomes(context, {ok: false, outcomes: failed});
  if (left.length > 0) context.err.line(plainText(`could not be ended: ${left.join(', ')}`));
  if (result.ok) {
    const stopped = count(result.outcomes.length, 'instance');
    context.out.line(plainText(`fleet ${entry.name} is down: ${stopped} stopped, ${provedBy(result)}`));
  }
  return result.ok ? ExitCode.done : ExitCode.failed;
}

/** Orphans that were in doubt are ended last of all, with the supervisor; other doubts remain. */
function provedBy({outcomes}: Outcomes): string {
  const doubts = outcomes.flatMap(({id, doubts: some = []}) =>
    some.filter(({pid}) => pid === null).map(({words}) => `${id}: ${words}`),
  );
  return doubts.length === 0
    ? 'nothing is left'
    : ['nothing is left that parents, sessions and environment show', ...doubts].join('; ');
}
