import type {WorkerReport} from '../../control/reports.ts';
import {atMost} from '../framework/arguments.ts';
import {isSet, JSON_OPTION, type Command} from '../framework/command.ts';
import {formatBytes, formatDuration} from '../../base/format.ts';
import {withClient} from '../target/fleet.ts';
import {ask} from '../target/reach.ts';
import {keeperTrouble} from '../target/supervisor-look.ts';
import {lastExit, statusWords, stormWords} from '../../text/instance-words.ts';
import {styleOfStatus} from '../target/outcomes.ts';
import {printTable, type Column} from '../terminal/table.ts';

export const ps: Command = {
  name: 'ps',
  summary: 'list all instances: status, pid, state, restarts, CPU, memory',
  usage: 'ps [--json]',
  description: `Lists every instance. STATUS is brood's: stopped, pending, starting, ready, stopping, backoff, finished, failed.
S is the kernel's state of the main process (R running, S sleeping, D waiting for a device, T stopped, Z zombie).
CPU (of one core) and MEM are sums over the instance's process tree.`,
  options: JSON_OPTION,
  examples: [
    ['ps', 'the fleet in ./brood.yaml'],
    ['ps --fleet shop --json', 'another fleet as JSON'],
  ],
  completes: 'none',
  async execute(context) {
    atMost(context, 0);
    const {report, keeper} = await withClient(context, async connected => ({
      report: await ask(connected, 'ps', {}),
      keeper: keeperTrouble(connected.entry.folder),
    }));
    if (isSet(context, 'json')) context.out.json(report);
    else if (report.workers.length === 0) context.out.line(`fleet ${report.fleet} has no workers`);
    else printTable(context.out, COLUMNS, report.workers);
    // A controller of an older version may not report storms.
    if (!isSet(context, 'json') && report.storm)
      context.out.line(context.out.paint('yellow', stormWords(report.storm)));
    if (keeper !== null) context.err.line(context.err.paint('yellow', keeper));
    return 0;
  },
};

const dash = (text: string | null): string => text ?? '-';

const COLUMNS: readonly Column<WorkerReport>[] = [
  {title: 'ID', cell: ({id}) => id, shrink: 12},
  {title: 'STATUS', cell: statusWords, style: ({status}) => styleOfStatus(status)},
  {title: 'PID', cell: ({pid}) => dash(pid === null ? null : String(pid)), align: 'right'},
  {title: 'S', cell: ({state}) => dash(state), drop: 2},
  {title: 'NI', cell: ({nice}) => dash(nice === null ? null : String(nice)), align: 'right', drop: 1},
  {
    title: 'RESTARTS',
    cell: ({restarts}) => String(restarts),
    align: 'right',
    style: ({restarts}) => (restarts > 0 ? 'yellow' : null),
    drop: 5,
  },
  {
    title: 'UPTIME',
    cell: ({uptimeMs}) => dash(uptimeMs === null ? null : formatDuration(uptimeMs)),
    align: 'right',
    drop: 6,
  },
  {
    title: 'CPU',
    cell: ({cpuPercent}) => dash(cpuPercent === null ? null : `${cpuPercent.toFixed(1)}%`),
    align: 'right',
    drop: 4,
  },
  {title: 'MEM', cell: ({rssBytes}) => dash(rssBytes === null ? null : formatBytes(rssBytes)), align: 'right', drop: 3},
  {
    title: 'LAST EXIT / REASON',
    cell: lastExit,
    style: ({status}) => (status === 'failed' ? 'red' : 'dim'),
    shrink: 24,
    drop: 7,
  },
];
