import type {InstanceDetail} from '../../control/messages.ts';
import {atMost} from '../arguments.ts';
import {isSet, JSON_OPTION, type Command, type Context} from '../command.ts';
import {CHECKS} from '../doctor/checks.ts';
import type {Patient, Problem} from '../doctor/patient.ts';
import {ExitCode} from '../errors.ts';
import {withClient, type Connected} from '../fleet.ts';
import {count} from '../format.ts';
import {journalOf} from '../journal-of.ts';
import {lastWords} from '../last-words.ts';
import {plainText} from '../sanitize.ts';
import {wrap} from '../wrap.ts';

/** A crash of Node.js ends with a dozen lines that say less than the first of them. */
const TRACE_LINES = 30;

export const doctor: Command = {
  name: 'doctor',
  summary: 'what is wrong with the fleet, what that means, and what to do',
  usage: 'doctor',
  description: `Looks for restart storms and what their crashes have in common, workers that gave up or wait for ever, health that comes
and goes, ports that others have, processes that could not be ended, little room on the disk or for descriptors, and
guarantees that are weaker on this machine; each with advice. Changes nothing. Exit 1 where something is wrong; a weaker
guarantee alone is nothing wrong.`,
  options: {...JSON_OPTION},
  examples: [
    ['doctor', 'in words'],
    ['doctor --json', 'for a monitor'],
  ],
  completes: 'none',
  async execute(context) {
    atMost(context, 0);
    return withClient(context, async connected => {
      const patient = await examine(connected);
      const problems: Problem[] = [];
      for (const check of CHECKS) problems.push(...(await check(patient)));
      const {guarantees} = patient.supervisor;
      if (isSet(context, 'json')) context.out.line(JSON.stringify({problems, guarantees}));
      else print(context, problems);
      return problems.every(({kind}) => kind === 'weaker-guarantee') ? ExitCode.done : ExitCode.failed;
    });
  },
};

async function examine({entry: {folder}, client}: Connected): Promise<Patient> {
  const {supervisor, storm, workers} = await client.call('ps', {});
  const names = [...new Set(workers.map(({worker}) => worker))];
  const instances: readonly InstanceDetail[] =
    names.length === 0 ? [] : (await client.call('status', {targets: names})).instances;
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

function print({out}: Context, problems: readonly Problem[]): void {
  const width = out.columns ?? Infinity;
  for (const {kind, message, advice} of problems) {
    const style = kind === 'weaker-guarantee' ? 'yellow' : 'red';
    for (const line of wrap(kind + ': ' + plainText(message), width)) out.line(out.paint(style, line));
    for (const line of wrap(plainText(advice), width - 2)) out.line('  ' + line);
  }
  const wrong = problems.filter(({kind}) => kind !== 'weaker-guarantee').length;
  out.line(wrong === 0 ? 'nothing is wrong' : count(wrong, 'problem'));
}
