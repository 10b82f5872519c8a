/** Prints the outcome of a command for each instance, as text or JSON, and returns the exit code. */
import type {Outcome, Outcomes} from '../../control/reports.ts';
import {isSet, type Context} from '../framework/command.ts';
import {proofWords} from '../../text/proof-words.ts';
import {plainText} from '../../text/sanitize.ts';
import {ExitCode} from '../framework/errors.ts';
import type {Style} from '../terminal/paint.ts';

/** Returns the colour of a status, the same everywhere. */
export function styleOfStatus(status: string): Style | null {
  switch (status) {
    case 'ready':
    case 'finished':
      return 'green';
    case 'failed':
      return 'red';
    case 'backoff':
    case 'starting':
    case 'stopping':
    case 'pending':
      return 'yellow';
    default:
      return 'dim';
  }
}

/** @returns the exit code: 1 if the command failed for any instance. */
export function printOutcomes(context: Context, {ok, outcomes, doubts, left}: Outcomes): number {
  const {out, err} = context;
  if (isSet(context, 'json')) {
    out.json({ok, outcomes, ...(doubts && {doubts}), ...(left && {left})});
  } else {
    for (const outcome of outcomes) {
      const to = outcome.ok ? out : err;
      const words = detail(outcome);
      const status = to.paint(styleOfStatus(outcome.status), outcome.status);
      to.line(`${outcome.id} ${status}${words === '' ? '' : ` (${words})`}`);
    }
  }
  return ok ? ExitCode.done : ExitCode.failed;
}

function detail({status, reason, proof, survivors, doubts = [], ok}: Outcome): string {
  const parts: string[] = [];
  const left = survivors.length > 0 ? `could not be ended: ${survivors.join(', ')}` : null;
  if (reason !== null) parts.push(reason);
  if (left !== null && reason?.includes(left) !== true) parts.push(left);
  if (left === null && (ok || doubts.length > 0) && proof !== null) {
    const isOver = status === 'stopped' || status === 'removed';
    parts.push(`${isOver ? '' : 'previous run: '}${proofWords(proof, doubts)}`);
  }
  return plainText(parts.join('; '));
}
