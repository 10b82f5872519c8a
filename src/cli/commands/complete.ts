import {listFleets} from '../../control/find.ts';
import {connectFleet} from '../../control/connect.ts';
import {signalNames} from '../../fleet/values/signal-names.ts';
import type {Command, Context} from '../framework/command.ts';
import {chooseFleet} from '../target/fleet.ts';

/** A user who presses Tab does not wait longer. */
const PATIENCE_MS = 500;

/** Prints words for completion scripts. On any error there are no words. */
export const complete: Command = {
  name: '__complete',
  summary: 'words for completion scripts',
  usage: '__complete workers|instances|fleets|signals|commands',
  description: 'Prints words, one a line.',
  options: {},
  examples: [],
  completes: 'none',
  async execute(context) {
    const [kind = ''] = context.positionals;
    try {
      for (const word of await wordsOf(kind, context)) context.out.line(word);
    } catch {
      // The command itself reports the error when it runs.
    }
    return 0;
  },
};

async function wordsOf(kind: string, context: Context): Promise<readonly string[]> {
  switch (kind) {
    case 'commands':
      return context.table.names;
    case 'fleets':
      return [...new Set(listFleets(context.env).map(({name}) => name))];
    case 'signals':
      return [...signalNames().map(name => name.slice(3)), ...(await instances(context))];
    case 'workers':
      return [...new Set((await instances(context)).map(id => id.replace(/\/\d+$/, '')))];
    case 'instances':
      return instances(context);
    default:
      return [];
  }
}

/** Returns the names of workers and of their instances. */
async function instances(context: Context): Promise<readonly string[]> {
  const {folder} = await chooseFleet(context);
  const client = await connectFleet(folder, {timeoutMs: PATIENCE_MS});
  try {
    const {workers} = await client.call('ps', {}, {signal: AbortSignal.timeout(PATIENCE_MS)});
    return [...new Set(workers.flatMap(({worker, id}) => [worker, id]))];
  } finally {
    client.close();
  }
}
