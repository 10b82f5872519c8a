import {FleetChoiceError} from '../../control/errors.ts';
import type {FleetEntry} from '../../control/find.ts';
import {atMost, durationOf} from '../framework/arguments.ts';
import {isSet, textOf, type Command, type Context} from '../framework/command.ts';
import {CliError, UsageError} from '../framework/errors.ts';
import {chooseFleet} from '../target/fleet.ts';

/** The least and the greatest interval: a shorter one shows only noise, a longer one a still picture. */
const INTERVALS_MS = [100, 3_600_000] as const;

export const top: Command = {
  name: 'top',
  summary: 'open the terminal UI: workers, processes, channels, events, logs',
  usage: 'top [--interval DURATION] [--read-only]',
  description: `Shows the fleet live and acts on it; ? lists the keys. Without a fleet it shows the machine. Without a terminal it
prints a table once.`,
  options: {
    interval: {type: 'string', value: 'DURATION', help: 'refresh interval (default 1500ms)'},
    'read-only': {type: 'boolean', help: 'disable all keys that change something'},
  },
  examples: [
    ['top', 'the fleet in ./brood.yaml, or the machine'],
    ['top --read-only --interval 5s', 'for a wall display'],
  ],
  completes: 'none',
  async execute(context) {
    atMost(context, 0);
    const {env, out} = context;
    const intervalMs = intervalOf(context);
    const fleet = await runningFleet(context);
    if (!out.isTerminal || !process.stdin.isTTY || env['TERM'] === 'dumb') return table(context, fleet);
    out.flush();
    const {runTop} = await import('../../../ui/index.ts');
    return runTop({
      fleet: fleet && {folder: fleet.folder, name: fleet.name},
      intervalMs,
      readOnly: isSet(context, 'read-only'),
      env,
      input: process.stdin,
      // eslint-disable-next-line no-restricted-syntax -- ui/screen/cells.ts cleans what is drawn
      output: process.stdout,
    });
  },
};

/** Prints the current state once, for use without a terminal. */
async function table(context: Context, fleet: FleetEntry | null): Promise<number> {
  if (fleet) return (await import('./ps.ts')).ps.execute(context);
  const {tree} = await import('./tree.ts');
  return tree.execute({...context, values: {...context.values, all: true}});
}

function intervalOf(context: Context): number {
  const text = textOf(context, 'interval');
  if (text === undefined) return 1_500;
  const ms = durationOf('--interval', text);
  const [least, most] = INTERVALS_MS;
  if (ms < least || ms > most) throw new UsageError(`--interval ${text}: expected a duration from 100ms to 1h`);
  return ms;
}

/** Returns the fleet, or null if none is running and none was named. A named fleet must exist. */
async function runningFleet(context: Context): Promise<FleetEntry | null> {
  try {
    const entry = await chooseFleet(context);
    if (entry.alive || textOf(context, 'fleet') !== undefined) return entry;
    return null;
  } catch (error) {
    const isAbsent = error instanceof CliError || error instanceof FleetChoiceError;
    if (isAbsent && textOf(context, 'fleet') === undefined) return null;
    throw error;
  }
}
