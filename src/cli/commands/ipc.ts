import {hasCode} from '../../base/errors.ts';
import {nearest} from '../../fleet/values/nearest.ts';
import {canReadChannels, readChannels} from '../../ipc/graph.ts';
import {KINDS, type Kind} from '../../ipc/types.ts';
import {isSet, JSON_OPTION, textOf, type Command, type Context} from '../framework/command.ts';
import {CliError, ExitCode, UsageError} from '../framework/errors.ts';
import {count} from '../../base/format.ts';
import {dotOf} from '../ipc/dot.ts';
import {drawingOf} from '../ipc/drawing.ts';
import {joinsAny} from '../../text/channels/joins.ts';
import {mermaidOf} from '../ipc/mermaid.ts';
import {reportOf, type IpcReport} from '../ipc/report.ts';
import {printSignals} from '../ipc/signals.ts';
import {printChannels} from '../ipc/table.ts';
import {ALL_OPTION, withScope, type Scope} from '../target/scope.ts';
import {plainText} from '../../text/sanitize.ts';

export const ipc: Command = {
  name: 'ipc',
  summary: 'list the IPC channels and the processes at both ends',
  usage: 'ipc [NAME|PID] [--kind KIND,...] [--all] [--json|--dot|--mermaid]',
  description: `Lists the channels of the fleet, a worker, an instance, a process or (--all) the whole machine, with the processes at
both ends: pipes, FIFOs, unix, TCP and UDP sockets, shared memory, message queues, semaphores, eventfds, terminals and file
locks. For a NAME or PID, or with --kind signal, it also lists pending, blocked, ignored and caught signals. Channels that join
the same processes in the same way share one line; --json lists each channel. Processes that this user may not inspect are
reported as denied.`,
  options: {
    kind: {type: 'string', value: 'KIND,...', help: KINDS.join(', '), choices: KINDS},
    ...ALL_OPTION,
    ...JSON_OPTION,
    dot: {type: 'boolean', help: 'print a graph for Graphviz'},
    mermaid: {type: 'boolean', help: 'print a graph for Mermaid'},
  },
  examples: [
    ['ipc', 'channels of the fleet in ./brood.yaml'],
    ['ipc web --kind tcp,unix', 'TCP and unix sockets of one worker'],
    ['ipc --all --json', 'all channels of the machine as JSON'],
    ['ipc --dot | dot -Tsvg > ipc.svg', 'draw the graph'],
  ],
  completes: 'instances',
  execute(context) {
    const kinds = kindsOf(context);
    const drawings = ['json', 'dot', 'mermaid'].filter(name => isSet(context, name));
    if (drawings.length > 1) throw new UsageError(`--${drawings.join(' and --')} are mutually exclusive`);
    if (!canReadChannels())
      throw new CliError(ExitCode.failed, 'channels are read from /proc, which is not available here (Linux only)');
    return withScope(context, scope => show(context, scope, kinds));
  },
};

function kindsOf(context: Context): ReadonlySet<Kind> | null {
  const text = textOf(context, 'kind');
  if (text === undefined) return null;
  return new Set(
    text.split(',').map(word => {
      const kind = KINDS.find(known => known === word.trim());
      if (kind !== undefined) return kind;
      const near = nearest(word, KINDS);
      const hint = near === undefined ? `expected one of ${KINDS.join(', ')}` : `did you mean ${near}?`;
      throw new UsageError(`unknown kind ${JSON.stringify(word)}; ${hint}`);
    }),
  );
}

function show(context: Context, scope: Scope, kinds: ReadonlySet<Kind> | null): number {
  const {out, err} = context;
  const pids = scope.meant();
  // The signals of a whole fleet or machine are shown only on request.
  const withSignals = isSet(context, 'json') || scope.target !== null || kinds?.has('signal') === true;
  const read = kinds ?? new Set(KINDS.filter(kind => kind !== 'signal' || withSignals));
  const report = reportOf(readChannels({pids, kinds: read, startTimes: scope.lineage !== null}), scope);
  if (isSet(context, 'json')) {
    out.json(report);
    return ExitCode.done;
  }
  assertThere(scope, pids, report);
  const everything = kinds !== null || scope.target !== null;
  if (isSet(context, 'dot')) out.lines(dotOf(drawingOf(report, everything ? () => true : joinsAny)));
  else if (isSet(context, 'mermaid')) out.lines(mermaidOf(drawingOf(report, everything ? () => true : joinsAny)));
  else {
    if (kinds === null || [...kinds].some(kind => kind !== 'signal')) printChannels(out, report, everything);
    if (withSignals) printSignals(out, report);
  }
  out.flush();
  for (const line of [...deniedWords(report, pids), ...(report.leftOut ?? [])])
    err.line(err.paint('dim', plainText(line)));
  return ExitCode.done;
}

function assertThere({target}: Scope, pids: ReadonlySet<number> | null, {processes, denied}: IpcReport): void {
  if (target === null || pids === null) return;
  const known = new Set([...processes.map(({pid}) => pid), ...denied]);
  if (target.kind === 'pid' && !known.has(target.pid) && !isAlive(target.pid))
    throw new CliError(ExitCode.failed, `no such process: ${target.pid}`);
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return hasCode(error, 'EPERM');
  }
}

/** Returns notices about inaccessible processes: they exist and may hold further ends. */
function deniedWords({denied, hidden}: IpcReport, pids: ReadonlySet<number> | null): string[] {
  const meant = pids === null ? denied : denied.filter(pid => pids.has(pid));
  const others = denied.length - meant.length;
  const list = meant.slice(0, 10).join(' ') + (meant.length > 10 ? ' …' : '');
  return [
    ...(meant.length > 0 ? [`no permission to inspect ${count(meant.length, 'process', 'processes')}: ${list}`] : []),
    ...(others > 0
      ? [`no permission to inspect ${count(others, 'other process', 'other processes')}, which may hold further ends`]
      : []),
    ...(hidden ? ["other users' processes are hidden here (hidepid) and may hold further ends"] : []),
  ];
}
