/** How a command ended for each instance, for people or as JSON, and the exit code that follows. */
import type {Outcome, Outcomes} from '../control/messages.ts';
import {isSet, type Context} from './command.ts';
import {ExitCode} from './errors.ts';
import type {Style} from './paint.ts';

const PROOFS: Readonly<Record<string, string>> = {
  cgroup: 'nothing is left: its cgroup is empty',
  connector: 'nothing is left: every fork of it was followed',
  lineage: 'nothing of its lineage is left',
};

/** The status' colour, the same everywhere. */
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

/** @returns the exit code: 1 if it failed for any. */
export function printOutcomes(context: Context, {ok, outcomes}: Outcomes): number {
  const {out, err} = context;
  if (isSet(context, 'json')) {
    out.line(JSON.stringify({ok, outcomes}));
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

function detail({reason, proof, survivors, ok}: Outcome): string {
  const parts: string[] = [];
  if (reason !== null) parts.push(reason);
  if (survivors.length > 0) parts.push(`could not be ended: ${survivors.join(', ')}`);
  else if (ok && proof !== null) parts.push(PROOFS[proof] ?? proof);
  return parts.join('; ');
}
