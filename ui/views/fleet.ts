/** The fleet's workers, one instance a line. */
import {formatBytes, formatDuration} from '../../src/words/format.ts';
import {lastExit, statusWords} from '../../src/words/instance-words.ts';
import type {WorkerReport} from '../../src/control/reports.ts';
import type {Shell} from '../shell.ts';
import {sparkline} from '../data/sparkline.ts';
import {openDetails} from '../details.ts';
import {styleOfStatus} from '../header.ts';
import type {Place} from '../keys.ts';
import {fitted, type Column} from '../list/column.ts';
import type {Target} from '../view.ts';
import {ListView} from './list-view.ts';

const dash = (text: string | null): string => text ?? '-';
/** Readings that a sparkline shows. */
const SPARK = 12;
/** A full core fills the bar. */
const FULL = 100;

/** Columns of these lose the end of a word that counts, or leave room unused: they fit what there is. */
interface Widths {
  id: number;
  status: number;
}

function columnsOf({world, glyphs}: Shell, widths: Widths): readonly Column<WorkerReport>[] {
  return [
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
}

export function styleOfState(state: string | null): 'good' | 'bad' | 'warning' | 'busy' | 'dim' {
  if (state === 'R') return 'good';
  if (state === 'Z' || state === 'X') return 'bad';
  if (state === 'D') return 'warning';
  return state === 'T' || state === 't' ? 'busy' : 'dim';
}

/** Those of a group stand together, where the first of them stood. */
function byGroup(workers: readonly WorkerReport[]): readonly WorkerReport[] {
  const groups = new Map<string, WorkerReport[]>();
  for (const one of workers) {
    const name = one.group ?? `\n${one.worker}`;
    const others = groups.get(name);
    if (others) others.push(one);
    else groups.set(name, [one]);
  }
  return [...groups.values()].flat();
}

export class FleetView extends ListView<WorkerReport> {
  readonly title = 'Fleet';
  readonly places: ReadonlySet<Place> = new Set<Place>(['list', 'rows', 'workers']);

  readonly #widths: Widths;

  constructor(app: Shell) {
    const {world} = app;
    const widths = {id: 6, status: 6};
    const all = columnsOf(app, widths);
    const withoutGroup = all.filter(({id}) => id !== 'group');
    const isGrouped = (): boolean => world.workers.some(({group}) => group !== null);
    super(app, {
      get columns() {
        return isGrouped() ? all : withoutGroup;
      },
      rows: () => (isGrouped() ? byGroup(world.workers) : world.workers),
      key: ({id}) => id,
    });
    this.#widths = widths;
  }

  override refresh(): void {
    const {workers} = this.app.world;
    this.#widths.id = fitted(
      workers.map(({id}) => id),
      6,
      24,
    );
    this.#widths.status = fitted(workers.map(statusWords), 7, 16);
    super.refresh();
  }

  get empty(): string {
    const {fleet} = this.app.world;
    if (!fleet) return 'no fleet is running here: `brood up` starts the one of ./brood.yaml; 2 shows the machine';
    return fleet.ps ? 'this fleet has no workers: `brood add -- CMD` adds one' : 'waiting for the supervisor';
  }

  get selectedId(): string | null {
    return this.items.selected?.id ?? null;
  }

  select(id: string): boolean {
    return this.items.select(id);
  }

  targetsOf(rows: readonly WorkerReport[]): readonly Target[] {
    const {fleet, snapshot} = this.app.world;
    return rows.map(({id, pid}) => {
      const entry = fleet?.lineage?.processes.find(one => one.pid === pid && one.main);
      const row = pid === null ? -1 : snapshot.rows.find(pid);
      return {pid, startTime: entry?.startTime ?? (row < 0 ? null : snapshot.identity(row)), id, name: id};
    });
  }

  details({id}: WorkerReport): void {
    openDetails(this.app, {kind: 'instance', id});
  }
}
