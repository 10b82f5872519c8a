/** The processes of the fleet or of the machine, as a tree or as a list. */
import type {Shell} from '../shell.ts';
import {openDetails} from '../details.ts';
import type {Action, Place} from '../keys.ts';
import {fitted} from '../list/column.ts';
import type {Handlers, Target} from '../view.ts';
import {ListView} from './list-view.ts';
import {ownerWords, treeColumns} from './tree-columns.ts';
import {TreeRows} from './tree-rows.ts';

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
      columns: treeColumns(app, () => tree, widths),
      rows: () => tree.rows(),
      key: row => app.world.keyOf(row),
      text: row => app.world.snapshot.rows.name(row),
      parentOf: key => tree.parentOf(key),
    });
    this.#tree = tree;
    // Sorted or filtered rows form a list: lines from parent to child would be meaningless.
    tree.isListed = () => this.items.sorting.column !== null || this.items.filter !== '';
    this.#widths = widths;
  }

  get empty(): string {
    return this.app.all ? 'no visible process' : 'the fleet has no processes at the moment; A shows the machine';
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
      this.app.showMessage(this.#tree.wanted ? 'tree' : 'list');
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

  /** Selects the process with that pid. */
  select(pid: number): boolean {
    const row = this.app.world.snapshot.rows.find(pid);
    return row >= 0 && this.items.select(this.app.world.keyOf(row));
  }

  /** Selects the next row after the selected one that matches, such as a zombie or orphan. Wraps around. */
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
        // The supervisor's own processes are labelled, as a warning before they are signalled.
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
