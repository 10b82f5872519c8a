/** The fleet's workers, one line per instance. */
import {statusWords} from '../../src/text/instance-words.ts';
import type {WorkerReport} from '../../src/control/reports.ts';
import type {Shell} from '../shell.ts';
import {openDetails} from '../details.ts';
import type {Place} from '../keys.ts';
import {fitted} from '../list/column.ts';
import type {Target} from '../view.ts';
import {fleetColumns, type Widths} from './fleet-columns.ts';
import {ListView} from './list-view.ts';

/** Moves the instances of a group together, to the place of the first one. */
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
    const all = fleetColumns(app, widths);
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
    if (!fleet) return 'no fleet is running here: `brood up` starts the fleet in ./brood.yaml; 2 shows the machine';
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
