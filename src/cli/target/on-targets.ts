/** Runs a command that applies one method to the named workers, and waits for the result. */
import {targetsOf, timeoutOf} from '../framework/arguments.ts';
import type {Context} from '../framework/command.ts';
import {withClient} from './fleet.ts';
import {printOutcomes} from './outcomes.ts';
import {callAndWait, type WaitOptions} from './wait.ts';

export async function onTargets(
  context: Context,
  method: 'start' | 'stop' | 'restart' | 'reload' | 'pause' | 'resume' | 'remove',
  {repeatable}: Pick<WaitOptions, 'repeatable'>,
): Promise<number> {
  const targets = targetsOf(context);
  const timeoutMs = timeoutOf(context);
  const params = timeoutMs === undefined ? {targets} : {targets, timeoutMs};
  return withClient(context, async connected =>
    printOutcomes(context, await callAndWait(context, connected, method, params, {timeoutMs, repeatable})),
  );
}
