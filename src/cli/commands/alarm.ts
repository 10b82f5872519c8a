import {isSet, JSON_OPTION, type Command} from '../framework/command.ts';
import {UsageError} from '../framework/errors.ts';
import {formatDuration} from '../../base/format.ts';
import {withClient} from '../target/fleet.ts';
import {ask} from '../target/reach.ts';

export const alarm: Command = {
  name: 'alarm',
  summary: 'send SIGALRM to a worker after so many seconds',
  usage: 'alarm NAME SECONDS',
  description: `Sets the alarm clock of a worker's run: SIGALRM to its main process when the time is over. There is one clock a
run, as with alarm(2): a later call replaces an earlier one, 0 cancels it.`,
  options: JSON_OPTION,
  examples: [
    ['alarm report 60', 'in a minute'],
    ['alarm report 0', 'not at all'],
  ],
  completes: 'instances',
  async execute(context) {
    const [target, word = '', surplus] = context.positionals;
    if (target === undefined || word === '' || surplus !== undefined) throw new UsageError('needs a NAME and SECONDS');
    if (!/^\d{1,9}(\.\d{1,3})?$/.test(word))
      throw new UsageError(`${JSON.stringify(word)}: expected seconds, such as 60`);
    const seconds = Number(word);
    return withClient(context, async connected => {
      const {instances} = await ask(connected, 'alarm', {target, seconds});
      if (isSet(context, 'json')) context.out.json({instances});
      else {
        for (const {id, secondsLeftBefore} of instances) {
          const before = secondsLeftBefore > 0 ? ` (before: in ${formatDuration(secondsLeftBefore * 1000)})` : '';
          context.out.line(
            `${id} ${seconds > 0 ? `SIGALRM in ${formatDuration(seconds * 1000)}` : 'no alarm'}${before}`,
          );
        }
      }
      return 0;
    });
  },
};
