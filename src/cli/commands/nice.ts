import {isSet, JSON_OPTION, type Command} from '../framework/command.ts';
import {UsageError} from '../framework/errors.ts';
import {withClient} from '../target/fleet.ts';
import {ask} from '../target/reach.ts';

export const nice: Command = {
  name: 'nice',
  summary: 'set the priority of workers or processes (-20 to 19)',
  usage: 'nice N NAME|PID...',
  description: `Sets the nice value: 19 is the lowest priority, -20 the highest. N is absolute. Lowering the value requires root.
Lasts for the life of the process; \`nice:\` in the fleet file applies to every run.`,
  options: JSON_OPTION,
  examples: [
    ['nice 10 batch', 'all instances of batch'],
    ['nice -5 4711', 'one process of the fleet'],
  ],
  completes: 'instances',
  negativeNumbers: true,
  async execute(context) {
    const [word = '', ...targets] = context.positionals;
    const value = Number(word);
    if (!/^[+-]?\d{1,3}$/.test(word) || value < -20 || value > 19) {
      throw new UsageError(`${JSON.stringify(word)}: expected a nice value from -20 to 19`);
    }
    if (targets.length === 0) throw new UsageError('missing NAME or PID');
    return withClient(context, async connected => {
      const {set} = await ask(connected, 'nice', {nice: value, targets});
      if (isSet(context, 'json')) context.out.json({set});
      else
        for (const one of set)
          context.out.line(`nice ${one.nice} for ${one.pid}${one.id === null ? '' : ` (${one.id})`}`);
      return set.length > 0 ? 0 : 1;
    });
  },
};
