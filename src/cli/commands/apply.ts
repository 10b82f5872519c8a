import {atMost, timeoutOf} from '../framework/arguments.ts';
import {isSet, JSON_OPTION, TIMEOUT_OPTION, type Command} from '../framework/command.ts';
import {ExitCode, CliError} from '../framework/errors.ts';
import {withClient} from '../target/fleet.ts';
import {readFleetFile} from '../target/fleet-file.ts';
import {printOutcomes} from '../target/outcomes.ts';
import {ask} from '../target/reach.ts';
import {printPlan} from '../apply/plan-format.ts';
import {callAndWait} from '../target/wait.ts';

export const apply: Command = {
  name: 'apply',
  summary: 'apply a changed fleet file; only workers that differ are affected',
  usage: 'apply [FILE] [--plan]',
  description: `Reads the file again and applies it: adds, removes and restarts what has changed, resets \`scale\`, and returns when
that is done. Workers stopped by hand stay stopped unless their definition has changed; workers added by \`brood add\` stay. A
file with errors changes nothing. --plan only prints the changes; values of variables that look like secrets are masked.`,
  options: {
    plan: {type: 'boolean', help: 'print the changes without applying them'},
    ...TIMEOUT_OPTION,
    ...JSON_OPTION,
  },
  examples: [
    ['apply --plan', 'show the effect of an edited fleet file'],
    ['apply', 'apply it'],
  ],
  completes: 'files',
  async execute(context) {
    atMost(context, 1);
    const timeoutMs = timeoutOf(context);
    const fleet = await readFleetFile(context);
    const params = timeoutMs === undefined ? {} : {timeoutMs};
    return withClient(context, async connected => {
      if (connected.entry.file !== fleet.file) {
        throw new CliError(
          ExitCode.failed,
          `the running fleet was started from ${connected.entry.file ?? 'no file'}, not from ${fleet.file ?? 'this file'}; nothing was changed`,
        );
      }
      if (isSet(context, 'plan')) {
        const plan = await ask(connected, 'plan', {});
        if (isSet(context, 'json')) context.out.json(plan);
        else printPlan(context.out, plan);
        return ExitCode.done;
      }
      return printOutcomes(
        context,
        await callAndWait(context, connected, 'apply', params, {timeoutMs, repeatable: true}),
      );
    });
  },
};
