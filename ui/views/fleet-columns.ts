/** The columns of the workers. */
import type {WorkerReport} from '../../src/control/reports.ts';
import {formatBytes, formatDuration} from '../../src/base/format.ts';
import {lastExit, statusWords} from '../../src/text/instance-words.ts';
import {sparkline} from '../data/sparkline.ts';
import {styleOfStatus} from '../header.ts';
import type {Column} from '../list/column.ts';
import type {Shell} from '../shell.ts';
import {styleOfState} from './state-style.ts';

const dash = (text: string | null): string => text ?? '-';
/** Number of readings in a sparkline. */
const SPARK = 12;
/** A full core fills the bar. */
const FULL = 100;

/** Widths of columns that fit their content: otherwise they cut the significant end of a word or waste space. */
export interface Widths {
  id: number;
  status: number;
}

type Columns = readonly Column<WorkerReport>[];

/** Columns for the instance and its status. */
const identity = (widths: Widths): Columns => [
  {
    id: 'id',
    title: 'WORKER',
    get width() {
      return widths.id;
    },
    text: ({id}) => id,
    value: ({id}) => id,
    style: () => 'name',
  },
  {
    id: 'group',
    title: 'GROUP',
    width: 10,
    text: ({group}) => group ?? '',
    value: ({group}) => group ?? null,
    style: () => 'dim',
    drop: 1,
  },
  {
    id: 'status',
    title: 'STATUS',
    get width() {
      return widths.status;
    },
    text: statusWords,
    value: ({status}) => status,
    style: ({status, flags}) => (flags.includes('unhealthy') ? 'bad' : styleOfStatus(status)),
  },
];

/** Columns of kernel data and restarts. */
const KERNEL: Columns = [
  {
    id: 'pid',
    title: 'PID',
    width: 7,
    align: 'right',
    text: ({pid}) => dash(pid === null ? null : String(pid)),
    value: ({pid}) => pid,
  },
  {
    id: 'state',
    title: 'S',
    width: 1,
    text: ({state}) => dash(state),
    value: ({state}) => state,
    style: ({state}) => styleOfState(state),
  },
  {
    id: 'nice',
    title: 'NI',
    width: 3,
    align: 'right',
    text: ({nice}) => dash(nice === null ? null : String(nice)),
    value: ({nice}) => nice,
    drop: 3,
  },
  {
    id: 'restarts',
    title: 'RST',
    width: 4,
    align: 'right',
    text: ({restarts}) => String(restarts),
    value: ({restarts}) => restarts,
    style: ({restarts}) => (restarts > 0 ? 'warning' : 'dim'),
    drop: 5,
    descending: true,
  },
  {
    id: 'uptime',
    title: 'UPTIME',
    width: 7,
    align: 'right',
    text: ({uptimeMs}) => dash(uptimeMs === null ? null : formatDuration(uptimeMs)),
    value: ({uptimeMs}) => uptimeMs,
    drop: 4,
    descending: true,
  },
];

const usage = ({world, glyphs}: Shell): Columns => [
  {
    id: 'cpu',
    title: 'CPU%',
    width: 6,
    align: 'right',
    text: ({cpuPercent}) => dash(cpuPercent === null ? null : cpuPercent.toFixed(1)),
    value: ({cpuPercent}) => cpuPercent,
    style: ({cpuPercent}) => ((cpuPercent ?? 0) >= 50 ? 'warning' : null),
    drop: 7,
    descending: true,
  },
  {
    id: 'mem',
    title: 'MEM',
    width: 6,
    align: 'right',
    text: ({rssBytes}) => dash(rssBytes === null ? null : formatBytes(rssBytes)),
    value: ({rssBytes}) => rssBytes,
    drop: 6,
    descending: true,
  },
  {
    id: 'minute',
    title: 'LAST MINUTE',
    width: SPARK,
    text: ({id}) => sparkline(world.sparkOf(id), SPARK, FULL, glyphs.spark),
    value: ({cpuPercent}) => cpuPercent,
    style: () => 'bar',
    drop: 2,
  },
];

const LAST: Columns = [
  {
    id: 'exit',
    title: 'LAST EXIT / REASON',
    width: 18,
    text: lastExit,
    value: row => lastExit(row) || null,
    style: ({status}) => (status === 'failed' ? 'bad' : 'dim'),
    drop: 8,
  },
];

export const fleetColumns = (app: Shell, widths: Widths): Columns => [
  ...identity(widths),
  ...KERNEL,
  ...usage(app),
  ...LAST,
];
