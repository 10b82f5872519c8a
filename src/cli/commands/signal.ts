import {constants} from 'node:os';
import {parseSignal, signalNames} from '../../fleet/values/signal-names.ts';
import {nearest} from '../../fleet/values/nearest.ts';
import {isSet, JSON_OPTION, type Command} from '../framework/command.ts';
import {ExitCode, UsageError} from '../framework/errors.ts';
import {withClient} from '../target/fleet.ts';
import {ask} from '../target/reach.ts';
import {plainText} from '../../text/sanitize.ts';

export const signal: Command = {
  name: 'signal',
  summary: 'send a signal to workers or their processes',
  usage: 'signal SIG NAME|PID... [--tree]',
  description: `Sends a signal to the main process of each instance, or to a process of the fleet by its pid. A pid that has been
reused by another process is never signalled. To stop or pause a worker with its whole process tree, use \`brood stop\` or
\`brood pause\`.`,
  options: {tree: {type: 'boolean', help: 'signal every process of the tree'}, ...JSON_OPTION},
  examples: [
    ['signal HUP nginx', 'HUP, hup and SIGHUP are equivalent'],
    ['signal USR1 web/2 --tree', 'web/2 and all its descendants'],
  ],
  completes: 'signals',
  async execute(context) {
    const [word, ...targets] = context.positionals;
    if (word === undefined) throw new UsageError('missing signal and NAME or PID');
    const name = parseSignal(/^\d+$/.test(word) ? (nameOfNumber(Number(word)) ?? word) : word);
    if (name === undefined) {
      const meant = nearest(word.toUpperCase().replace(/^(SIG)?/, 'SIG'), signalNames());
      throw new UsageError(`unknown signal ${word}${meant === undefined ? '' : `; did you mean ${meant}?`}`);
    }
    if (targets.length === 0) throw new UsageError('missing NAME or PID');
    return withClient(context, async connected => {
      const tree = isSet(context, 'tree');
      const params = tree ? {signal: name, targets, tree} : {signal: name, targets};
      const {sent, refused = []} = await ask(connected, 'signal', params);
      const named = (pid: number, id: string | null): string => `${pid}${id === null ? '' : ` (${id})`}`;
      if (isSet(context, 'json')) context.out.json(refused.length === 0 ? {sent} : {sent, refused});
      else {
        for (const {pid, id} of sent) context.out.line(`${name} sent to ${named(pid, id)}`);
        for (const {pid, id, message} of refused)
          context.err.line(plainText(`${name} could not be sent to ${named(pid, id)} ${message}`));
      }
      if (refused.length > 0) return ExitCode.failed;
      if (sent.length > 0) return ExitCode.done;
      context.err.line('no running process to signal');
      return ExitCode.failed;
    });
  },
};

/** Returns the name of a signal number, which users type out of habit (`kill -9`). */
const nameOfNumber = (number: number): string | undefined =>
  Object.entries(constants.signals).find(([, value]) => value === number)?.[0];
