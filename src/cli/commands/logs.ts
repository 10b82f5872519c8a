import type {FleetEntry} from '../../control/find.ts';
import {nearest} from '../../fleet/values/nearest.ts';
import {followLines} from '../../logs/follow.ts';
import {STREAMS, type Stream} from '../../logs/layout.ts';
import {loggedInstances, openStreams, readLines, type Instance, type OpenStream} from '../../logs/read.ts';
import {durationOf} from '../framework/arguments.ts';
import {isSet, JSON_OPTION, textOf, type Command, type Context} from '../framework/command.ts';
import {CliError, ExitCode, UsageError} from '../framework/errors.ts';
import {chooseFleet, connect} from '../target/fleet.ts';
import {ask} from '../target/reach.ts';
import {LogPrinter} from '../logs/printer.ts';
import {FOLLOW_OPTION, lineCountOf, linesOption, stopSignal} from '../logs/tail-options.ts';
import {printRaw} from '../logs/raw.ts';
import {watchOver} from '../target/supervisor-watch.ts';

const DEFAULT = 100;

export const logs: Command = {
  name: 'logs',
  summary: 'print the output of workers, merged by time',
  usage: 'logs [NAME...] [-f] [-n N|all] [--since T] [--json]\nlogs NAME --raw [--stream out|err]',
  description: `Prints the last lines of stdout and stderr of the named workers, or of all workers, merged by time. Reads the log
files, so it also works when the supervisor is down. --raw prints one stream byte for byte, oldest kept file first.`,
  options: {
    ...FOLLOW_OPTION,
    ...linesOption(DEFAULT),
    since: {
      type: 'string',
      value: 'T',
      help: 'only output since T: a duration such as 10m, or a time such as 2024-05-01T12:00',
    },
    raw: {type: 'boolean', help: 'print the exact bytes of one stream'},
    stream: {
      type: 'string',
      value: 'out|err',
      help: 'only stdout or stderr; with --raw, default out',
      choices: STREAMS,
    },
    ...JSON_OPTION,
  },
  examples: [
    ['logs -f', 'follow all output'],
    ['logs web/2 --since 10m', 'the last ten minutes of one instance'],
    ['logs db --raw --stream err > db.err', 'copy its stderr byte for byte'],
  ],
  completes: 'instances',
  async execute(context) {
    const entry = await chooseFleet(context);
    const {folder} = entry;
    const stream = streamOf(context);
    const known = loggedInstances(folder);
    const wanted = wantedBy(context.positionals);
    for (const target of context.positionals) await assertKnown(target, known, entry);
    const instances = known.filter(wanted);
    if (isSet(context, 'raw')) return printRaw(context, folder, instances, stream ?? 'out');
    const since = sinceOf(context);
    const last = lineCountOf(context, since === null ? DEFAULT : null);
    const follow = isSet(context, 'follow');
    const several = instances.length > 1 || (follow && !context.positionals.some(target => target.includes('/')));
    const printer = new LogPrinter(context.out, {json: isSet(context, 'json'), prefix: several});
    for (const instance of instances) printer.expect(instance);
    const streams = openStreams(folder, instances).filter(open => keep(open, stream));
    const signal = follow ? stopSignal(context.out) : context.out.gone;
    await readLines(streams, {last, since, signal}, line => printer.print(line), follow ? 'leave' : 'show');
    context.out.flush();
    if (!follow) {
      for (const {row} of streams) row.close();
      return ExitCode.done;
    }
    const only = stream === null ? {} : {stream};
    const onIdle = () => context.out.flush();
    const watch = watchOver(folder, context.err);
    await followLines({fleetFolder: folder, streams, wanted, signal, onIdle, ...only}, line => printer.print(line));
    watch.end();
    return ExitCode.done;
  },
};

const keep = (open: OpenStream, stream: Stream | null): boolean => {
  if (stream === null || open.stream === stream) return true;
  open.row.close();
  return false;
};

function wantedBy(targets: readonly string[]): (instance: Instance) => boolean {
  const set = new Set(targets);
  return ({worker, instance}) => set.size === 0 || set.has(worker) || set.has(`${worker}/${instance}`);
}

/** Throws if the target does not exist. Queries the supervisor for an instance that has not written anything yet. */
async function assertKnown(target: string, known: readonly Instance[], entry: FleetEntry): Promise<void> {
  const names = new Set(known.flatMap(({worker, instance}) => [worker, `${worker}/${instance}`]));
  if (names.has(target)) return;
  if (entry.alive) {
    const client = await connect(entry);
    try {
      await ask({entry, client}, 'status', {targets: [target]});
      return;
    } finally {
      client.close();
    }
  }
  const meant = nearest(target, names);
  const hint = meant === undefined ? '' : `; did you mean ${meant}?`;
  throw new CliError(ExitCode.failed, `fleet ${entry.name} has no output of ${target}${hint}`);
}

function streamOf(context: Context): Stream | null {
  const text = textOf(context, 'stream');
  if (text === undefined) return null;
  const stream = STREAMS.find(one => one === text);
  if (stream === undefined) throw new UsageError(`--stream ${text}: expected out or err`);
  return stream;
}

/** Returns `--since` as wall clock time in ms, or null if it is not given. */
function sinceOf(context: Context): number | null {
  const text = textOf(context, 'since');
  if (text === undefined) return null;
  if (/^\d{4}-\d\d/.test(text)) {
    const at = Date.parse(text);
    if (!Number.isNaN(at)) return at;
  }
  if (/^[\d.]+[a-z]+$/i.test(text)) return Date.now() - durationOf('--since', text);
  throw new UsageError(`--since ${text}: expected a duration such as 10m, or a time such as 2024-05-01T12:00`);
}
