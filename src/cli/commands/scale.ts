import {targetsOf, timeoutOf} from '../framework/arguments.ts';
import {JSON_OPTION, TIMEOUT_OPTION, type Command} from '../framework/command.ts';
import {UsageError} from '../framework/errors.ts';
import {withClient} from '../target/fleet.ts';
import {printOutcomes} from '../target/outcomes.ts';
import {callAndWait} from '../target/wait.ts';

export const scale: Command = {
  name: 'scale',
  summary: 'set the number of instances of workers',
  usage: 'scale NAME=N ...',
  description: `Starts or stops instances until N are running, and returns when that is done. The instances with the highest
numbers are stopped. Lasts until \`brood down\`, or until \`brood apply\` applies the file again.`,
  options: {...TIMEOUT_OPTION, ...JSON_OPTION},
  examples: [
    ['scale web=4', 'web/1 ... web/4'],
    ['scale web=2 jobs=0', 'several workers; 0 stops all instances'],
  ],
  completes: 'workers',
  async execute(context) {
    const counts = Object.fromEntries(targetsOf(context, 'NAME=N').map(parseCount));
    const timeoutMs = timeoutOf(context);
    const params = timeoutMs === undefined ? {counts} : {counts, timeoutMs};
    return withClient(context, async connected =>
      printOutcomes(context, await callAndWait(context, connected, 'scale', params, {timeoutMs, repeatable: true})),
    );
  },
};

function parseCount(text: string): [string, number] {
  const match = /^([^=]+)=(\d{1,6})$/.exec(text);
  if (!match) throw new UsageError(`${JSON.stringify(text)}: expected NAME=N, such as web=4`);
  return [match[1] ?? '', Number(match[2])];
}
