import {isSet, JSON_OPTION, type Command} from '../framework/command.ts';
import {UsageError} from '../framework/errors.ts';
import {exactDuration} from '../../base/format.ts';
import {withClient} from '../target/fleet.ts';
import {ask} from '../target/reach.ts';

export const alarm: Command = {
  name: 'alarm',
  summary: 'schedule SIGALRM for a worker',
  usage: 'alarm NAME SECONDS',
  description: `Sends SIGALRM to the main process of a worker after SECONDS. There is one alarm per run, as with alarm(2): a later
call replaces an earlier one, 0 cancels it.`,
  options: JSON_OPTION,
  examples: [
    ['alarm report 60', 'SIGALRM in a minute'],
    ['alarm report 0', 'cancel the alarm'],
  ],
  completes: 'instances',
  async execute(context) {
    const [target, word = '', surplus] = context.positionals;
    if (target === undefined || word === '' || surplus !== undefined) throw new UsageError('expected NAME and SECONDS');
    if (!/^\d{1,9}(\.\d{1,3})?$/.test(word))
      throw new UsageError(`${JSON.stringify(word)}: expected seconds such as 60`);
    const seconds = Number(word);
    return withClient(context, async connected => {
      const {instances} = await ask(connected, 'alarm', {target, seconds});
      if (isSet(context, 'json')) context.out.json({instances});
      else {
        for (const {id, secondsLeftBefore} of instances) {
          const before = secondsLeftBefore > 0 ? ` (was: in ${exactDuration(secondsLeftBefore * 1000)})` : '';
          context.out.line(
            `${id} ${seconds > 0 ? `SIGALRM in ${exactDuration(seconds * 1000)}` : 'no alarm'}${before}`,
          );
        }
      }
      return 0;
    });
  },
};
