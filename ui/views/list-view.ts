/** Base class of all views that are lists. */
import type {Shell} from '../shell.ts';
import type {Action, Place} from '../keys.ts';
import type {Placed} from '../list/column.ts';
import {drawList} from '../list/draw-list.ts';
import {List, type Source} from '../list/list.ts';
import {Prompt} from '../overlays/prompt.ts';
import type {Canvas, Rect} from '../screen/canvas.ts';
import type {Handlers, Target, View} from '../view.ts';

const SCROLL_COLUMNS = 8;

export abstract class ListView<Row> implements View {
  abstract readonly title: string;
  abstract readonly places: ReadonlySet<Place>;
  protected readonly app: Shell;
  protected readonly items: List<Row>;
  #placed: readonly Placed<Row>[] = [];

  protected constructor(app: Shell, source: Source<Row>) {
    this.app = app;
    this.items = new List(source);
  }

  abstract targetsOf(rows: readonly Row[]): readonly Target[];
  /** The text shown for an empty list. */
  abstract get empty(): string;
  abstract details(row: Row): void;

  refresh(): void {
    this.items.refresh();
  }

  targets(): readonly Target[] {
    return this.targetsOf(this.items.targets());
  }

  draw(canvas: Canvas, rect: Rect): void {
    const empty = this.items.filter === '' ? this.empty : `nothing matches ${this.items.filter} (Esc shows all)`;
    this.#placed = drawList(canvas, rect, this.items, {glyphs: this.app.glyphs, active: true, empty});
  }

  status(): string | null {
    const {filter, problem, rows, search, tagged} = this.items;
    const parts: string[] = [];
    if (problem !== null) parts.push(problem);
    if (filter !== '') parts.push(`filter ${filter}: ${rows.length}`);
    if (search !== '') parts.push(`search ${search}`);
    if (tagged.size > 0) parts.push(`${tagged.size} tagged`);
    return parts.length > 0 ? parts.join(', ') : null;
  }

  click(_x: number, y: number): void {
    if (y === 0) {
      const hit = this.#placed.find(({x, width}) => _x - 1 >= x && _x - 1 < x + width);
      if (!hit) return;
      if (this.items.sorting.column === hit.column.id) this.items.invert();
      else this.items.sortBy(hit.column.id);
      return;
    }
    const place = this.items.top + y - 1;
    if (place === this.items.place) this.act('details');
    else if (place < this.items.rows.length) this.items.moveTo(place);
  }

  wheel(by: number): void {
    this.items.move(by * 3);
  }

  act(action: Action): boolean {
    const handler = this.#handlers[action];
    return handler !== undefined && handler() !== false;
  }

  readonly #handlers: Handlers = {
    up: () => this.items.move(-1),
    down: () => this.items.move(1),
    pageUp: () => this.items.page(-1),
    pageDown: () => this.items.page(1),
    home: () => this.items.moveTo(0),
    end: () => this.items.moveTo(this.items.rows.length - 1),
    left: () => (this.items.scrollX = Math.max(0, this.items.scrollX - SCROLL_COLUMNS)),
    right: () => (this.items.scrollX += SCROLL_COLUMNS),
    search: () => this.#askSearch(),
    searchNext: () => this.#searchNext(1),
    searchBack: () => this.#searchNext(-1),
    filter: () => this.#askFilter(),
    sort: () => this.#sortNext(),
    invert: () => this.items.invert(),
    tag: () => this.#tag(),
    untag: () => this.items.tagged.clear(),
    close: () => this.#clear(),
    details: () => {
      if (this.items.selected !== undefined) this.details(this.items.selected);
    },
  };

  #sortNext(): void {
    this.items.sortNext(this.#placed.map(({column}) => column.id));
    const {column} = this.items.sorting;
    this.app.showMessage(column === null ? 'natural order' : `sorted by ${column}`);
  }

  #tag(): void {
    if (this.items.selectedKey !== null) this.items.toggleTag(this.items.selectedKey);
    this.items.move(1);
  }

  #searchNext(by: 1 | -1): void {
    if (this.items.search === '') this.#askSearch();
    else if (!this.items.searchNext(by)) this.#notFound();
  }

  /** Clears the search, else the filter, else the tags. Returns whether there was anything to clear. */
  #clear(): boolean {
    const {items} = this;
    if (items.search !== '') items.setSearch('');
    else if (items.filter !== '') items.setFilter('');
    else if (items.tagged.size > 0) items.tagged.clear();
    else return false;
    return true;
  }

  #askSearch(): void {
    const before = this.items.selectedKey;
    const prompt = new Prompt({
      label: 'Search: ',
      text: '',
      changed: text => void this.items.setSearch(text),
      done: text => {
        if (text !== '' && !this.items.setSearch(text)) this.#notFound();
      },
      cancelled: () => {
        this.items.setSearch('');
        if (before !== null) this.items.select(before);
      },
    });
    this.app.open(prompt);
  }

  #askFilter(): void {
    const before = this.items.filter;
    const prompt = new Prompt({
      label: 'Filter: ',
      text: before,
      changed: text => this.items.setFilter(text),
      done: text => this.items.setFilter(text),
      cancelled: () => this.items.setFilter(before),
    });
    this.app.open(prompt);
  }

  #notFound(): void {
    this.app.showMessage(`not found: ${this.items.search}`, 'warning');
  }
}
