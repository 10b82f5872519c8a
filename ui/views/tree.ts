/** Processes as a tree or as a list: the fleet's, or the machine's. */
import {shownCommand} from '../../src/words/command.ts';
import {formatBytes} from '../../src/words/format.ts';
import type {Shell} from '../shell.ts';
import {openDetails} from '../details.ts';
import type {Owner} from '../data/world.ts';
import type {Action, Place} from '../keys.ts';
import {fitted, type Column} from '../list/column.ts';
import {LONGEST} from '../screen/cells.ts';
import type {Handlers, Target} from '../view.ts';
import {styleOfState} from './fleet.ts';
import {ListView} from './list-view.ts';
import {TreeRows} from './tree-rows.ts';

const number = (value: number | undefined): number | null =>
  value === undefined || Number.isNaN(value) ? null : value;

function columnsOf({world}: Shell, tree: () => TreeRows, widths: {owner: number}): readonly Column<number>[] {
  const {snapshot} = world;
  const {rows} = snapshot;
  const cpu = (row: number): number | null => number(tree().cpu(row));
  const memory = (row: number): number | null => number(tree().memory(row));
  const user = (row: number): string => {
    const {uid} = snapshot.details(row);
    return uid === null ? '?' : world.users.name(uid);
  };
  return [
    {
      id: 'pid',
      title: 'PID',
      width: 7,
      align: 'right',
      text: row => String(rows.pid[row] ?? 0),
      value: row => rows.pid[row] ?? 0,
    },
    {id: 'user', title: 'USER', width: 8, text: user, value: user, style: () => 'dim', drop: 2},
    {
      id: 'state',
      title: 'STAT',
      width: 4,
      text: row => snapshot.stat(row) ?? '?',
      value: row => snapshot.state(row),
      style: row => styleOfState(snapshot.state(row)),
    },
    {
      id: 'nice',
      title: 'NI',
      width: 3,
      align: 'right',
      text: row => String(rows.nice[row] ?? 0),
      value: row => rows.nice[row] ?? 0,
      style: row => ((rows.nice[row] ?? 0) === 0 ? 'dim' : 'plain'),
      drop: 4,
    },
    {
      id: 'threads',
      title: 'THR',
      width: 4,
      align: 'right',
      text: row => String(rows.threads[row] ?? 0),
      value: row => rows.threads[row] ?? 0,
      style: () => 'dim',
      drop: 1,
      descending: true,
    },
    {
      id: 'cpu',
      title: 'CPU%',
      width: 6,
      align: 'right',
      text: row => cpu(row)?.toFixed(1) ?? '-',
      value: cpu,
      style: row => ((cpu(row) ?? 0) >= 50 ? 'warning' : (cpu(row) ?? 0) >= 1 ? 'plain' : 'dim'),
      drop: 6,
      descending: true,
    },
    {
      id: 'mem',
      title: 'MEM',
      width: 6,
      align: 'right',
      text: row => (memory(row) === null ? '-' : formatBytes(memory(row) ?? 0)),
      value: memory,
      drop: 5,
      descending: true,
    },
    {
      id: 'worker',
      title: 'WORKER',
      get width() {
        return widths.owner;
      },
      text: row => {
        const owner = world.ownerOf(row);
        return owner === null ? '' : ownerWords(owner);
      },
      value: row => world.ownerOf(row)?.label ?? null,
      style: row => (world.ownerOf(row)?.orphan === true ? 'bad' : 'name'),
      drop: 3,
    },
    {
      id: 'command',
      title: 'COMMAND',
      width: 30,
      text: row => tree().stroke(row) + commandOf(snapshot, row) + tree().foldedWords(row),
      value: row => commandOf(snapshot, row),
      style: row => (snapshot.state(row) === 'Z' ? 'bad' : snapshot.isKernelThread(row) ? 'dim' : null),
    },
  ];
}

const ownerWords = ({label, orphan}: Owner): string => (orphan ? `${label} orphan` : label);

export function commandOf(snapshot: Shell['world']['snapshot'], row: number): string {
  const {command} = snapshot.details(row);
  const name = snapshot.rows.name(row);
  if (command !== null) return shownCommand(command).slice(0, LONGEST);
  return snapshot.state(row) === 'Z' ? `[${name}] zombie` : `[${name}]`;
}

const PLACES: ReadonlySet<Place> = new Set<Place>(['list', 'rows', 'workers', 'processes']);

export class TreeView extends ListView<number> {
  readonly title = 'Tree';
  readonly places = PLACES;
  readonly #tree: TreeRows;
  readonly #widths: {owner: number};

  constructor(app: Shell) {
    const tree = new TreeRows(app);
    const widths = {owner: 6};
    super(app, {
      columns: columnsOf(app, () => tree, widths),
      rows: () => tree.rows(),
      key: row => app.world.keyOf(row),
      text: row => app.world.snapshot.rows.name(row),
      parentOf: key => tree.parentOf(key),
    });
    this.#tree = tree;
    // Sorted or filtered it is a list: lines from parent to child would tell nothing.
    tree.isListed = () => this.items.sorting.column !== null || this.items.filter !== '';
    this.#widths = widths;
  }

  get empty(): string {
    return this.app.all ? 'no process can be seen' : 'the fleet has no process at the moment; A shows the machine';
  }

  override refresh(): void {
    this.#widths.owner = fitted(Array.from(this.app.world.owners(), ownerWords), 6, 22);
    super.refresh();
  }

  override act(action: Action): boolean {
    const handler = this.#handlers[action];
    if (!handler) return super.act(action);
    handler();
    this.refresh();
    return true;
  }

  readonly #handlers: Handlers = {
    treeOrList: () => {
      this.#tree.wanted = !this.#tree.wanted;
      if (this.#tree.wanted) this.items.sortBy(null);
      this.app.say(this.#tree.wanted ? 'as a tree' : 'as a list');
    },
    fold: () => this.#onSelected(row => this.#tree.fold(row)),
    unfold: () => this.#onSelected(row => this.#tree.unfold(row)),
    foldAll: () => this.#tree.toggleAll(),
    tagChildren: () =>
      this.#onSelected(row => {
        for (const one of this.#tree.below(row)) this.items.tagged.add(this.app.world.keyOf(one));
      }),
  };

  #onSelected(action: (row: number) => void): void {
    if (this.items.selected !== undefined) action(this.items.selected);
  }

  /** Selects the process of that pid. */
  select(pid: number): boolean {
    const row = this.app.world.snapshot.rows.find(pid);
    return row >= 0 && this.items.select(this.app.world.keyOf(row));
  }

  /** Selects the next zombie or orphan after the selected one. */
  selectNext(is: (row: number) => boolean): boolean {
    const {rows, place} = this.items;
    for (let step = 1; step <= rows.length; step++) {
      const at = (place + step) % rows.length;
      const row = rows[at];
      if (row === undefined || !is(row)) continue;
      this.items.moveTo(at);
      return true;
    }
    return false;
  }

  targetsOf(rows: readonly number[]): readonly Target[] {
    const {snapshot, fleet} = this.app.world;
    return rows.map(row => {
      const pid = snapshot.rows.pid[row] ?? 0;
      const main = fleet?.lineage?.processes.find(one => one.pid === pid && one.main);
      const owner = this.app.world.ownerOf(row);
      return {
        pid,
        startTime: snapshot.identity(row),
        id: main === undefined ? null : (owner?.id ?? null),
        // Of the supervisor's own it is said that they are: whoever signals one should know.
        name:
          owner === null || owner.label === '?' ? snapshot.rows.name(row) : `${owner.label} ${snapshot.rows.name(row)}`,
      };
    });
  }

  details(row: number): void {
    openDetails(this.app, {
      kind: 'process',
      key: this.app.world.keyOf(row),
      pid: this.app.world.snapshot.rows.pid[row] ?? 0,
    });
  }
}
