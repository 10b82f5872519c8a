/**
 * A list for long observation: rows come and go, and the selection stays on the same row, at the same height of the
 * screen. Pure: the list receives the rows and determines which of them to draw.
 */
import {compareValues, type Column, type Value} from './column.ts';
import {parseFilter, type Fields, type Match} from './filter.ts';

/** Access to the listed data; a row may be just a number. */
export interface Source<Row> {
  readonly columns: readonly Column<Row>[];
  /** The rows in their natural order: of the fleet, of the tree, of time. */
  rows(): readonly Row[];
  /** Returns a stable identity, which is never reused for another row. */
  key(row: Row): string;
  /** Returns the parent of a row that is hidden, not gone; null if there is none. Absent: the list is flat. */
  parentOf?(key: string): string | null;
  /** Returns further text to search besides the columns. */
  text?(row: Row): string;
}

export interface Sorting {
  /** Null: the natural order. */
  readonly column: string | null;
  readonly inverted: boolean;
}

export class List<Row> {
  readonly source: Source<Row>;
  readonly tagged = new Set<string>();
  sorting: Sorting = {column: null, inverted: false};
  /** Columns scrolled off to the left in the last visible column. */
  scrollX = 0;
  #filterLine = '';
  #match: Match = () => true;
  #problem: string | null = null;
  #search = '';
  #rows: readonly Row[] = [];
  #selected: string | null = null;
  /** The index of the selection, used if its row is gone. */
  #place = 0;
  #top = 0;
  #height = 1;

  constructor(source: Source<Row>) {
    this.source = source;
  }

  get rows(): readonly Row[] {
    return this.#rows;
  }

  get top(): number {
    return this.#top;
  }

  get place(): number {
    return this.#place;
  }

  get filter(): string {
    return this.#filterLine;
  }

  /** What is wrong with the filter, or null. */
  get problem(): string | null {
    return this.#problem;
  }

  get search(): string {
    return this.#search;
  }

  get selectedKey(): string | null {
    return this.#selected;
  }

  get selected(): Row | undefined {
    return this.#rows[this.#place];
  }

  setFilter(line: string): void {
    this.#filterLine = line;
    const parsed = parseFilter(line, new Set(this.source.columns.map(({id}) => id)));
    this.#match = parsed.match;
    this.#problem = parsed.problem;
    this.refresh();
  }

  sortBy(column: string | null): void {
    this.sorting = {column, inverted: false};
    this.refresh();
  }

  /** Sorts by the next column, or after the last one in the natural order. */
  sortNext(shown: readonly string[]): void {
    const at = this.sorting.column === null ? -1 : shown.indexOf(this.sorting.column);
    this.sortBy(shown[at + 1] ?? null);
  }

  invert(): void {
    this.sorting = {...this.sorting, inverted: !this.sorting.inverted};
    this.refresh();
  }

  /** Updates the rows. The selected row stays selected, at the same height of the screen if possible. */
  refresh(): void {
    const offset = this.#place - this.#top;
    const {selected} = this;
    this.#rows = this.#ordered(this.#chosen());
    this.#untagGone();
    const place = this.#selected === null ? -1 : this.#nearest(this.#selected, selected);
    // If the selected row is gone, the row now in its place is selected.
    this.#place = Math.max(0, Math.min(place < 0 ? this.#place : place, this.#rows.length - 1));
    this.#selected = this.#keyAt(this.#place);
    this.#top = this.#place - offset;
    this.#scroll();
  }

  /** Returns the index of a row, or of its nearest visible ancestor if it is folded away, or -1 if it is gone. */
  #nearest(key: string, row: Row | undefined): number {
    const place = this.#placeOf(key, row);
    if (place >= 0) return place;
    for (
      let above = this.source.parentOf?.(key) ?? null;
      above !== null;
      above = this.source.parentOf?.(above) ?? null
    ) {
      const at = this.#placeOf(above, undefined);
      if (at >= 0) return at;
    }
    return -1;
  }

  /** Sets the number of visible rows. */
  setHeight(height: number): void {
    this.#height = Math.max(1, height);
    this.#scroll();
  }

  moveTo(place: number): void {
    this.#place = Math.max(0, Math.min(place, this.#rows.length - 1));
    this.#selected = this.#keyAt(this.#place);
    this.#scroll();
  }

  move(by: number): void {
    this.moveTo(this.#place + by);
  }

  page(by: 1 | -1): void {
    this.move(by * Math.max(1, this.#height - 1));
  }

  /** Returns whether the row exists. */
  select(key: string): boolean {
    const place = this.#placeOf(key);
    if (place >= 0) this.moveTo(place);
    return place >= 0;
  }

  /** Selects the first row, from the selection on, that contains the text. Returns whether one was found. */
  setSearch(text: string): boolean {
    this.#search = text;
    return text === '' || this.#find(this.#place, 1);
  }

  searchNext(by: 1 | -1): boolean {
    return this.#search !== '' && this.#find(this.#place + by, by);
  }

  toggleTag(key: string): void {
    if (!this.tagged.delete(key)) this.tagged.add(key);
  }

  /** Returns the tagged rows, or the selected one. */
  targets(): Row[] {
    if (this.tagged.size > 0) return this.#rows.filter(row => this.tagged.has(this.source.key(row)));
    return this.selected === undefined ? [] : [this.selected];
  }

  textOf(row: Row): string {
    return (this.source.text?.(row) ?? '') + '\n' + this.source.columns.map(({text}) => text(row)).join(' ');
  }

  /** Removes the tags of rows that are gone. Filtered rows stay tagged. */
  #untagGone(): void {
    if (this.tagged.size === 0) return;
    const keys = new Set(this.source.rows().map(row => this.source.key(row)));
    for (const key of this.tagged) if (!keys.has(key)) this.tagged.delete(key);
  }

  /**
   * @param likely the row that had that key a moment ago; computing the keys of all rows is the slowest part of a
   * refresh
   */
  #placeOf(key: string, likely?: Row): number {
    if (likely !== undefined && this.source.key(likely) === key) {
      const place = this.#rows.indexOf(likely);
      if (place >= 0) return place;
    }
    return this.#rows.findIndex(row => this.source.key(row) === key);
  }

  #keyAt(place: number): string | null {
    const row = this.#rows[place];
    return row === undefined ? null : this.source.key(row);
  }

  #chosen(): readonly Row[] {
    const all = this.source.rows();
    if (this.#filterLine === '') return all;
    const columns = new Map(this.source.columns.map(column => [column.id, column]));
    const fields = (row: Row): Fields => ({
      field: name => columns.get(name)?.value(row),
      text: () => this.textOf(row),
    });
    return all.filter(row => this.#match(fields(row)));
  }

  #ordered(rows: readonly Row[]): readonly Row[] {
    const {column: id, inverted} = this.sorting;
    const column = this.source.columns.find(one => one.id === id);
    if (!column) return inverted ? [...rows].reverse() : rows;
    const descending = (column.descending === true) !== inverted;
    const values = rows.map(row => column.value(row));
    const order = Uint32Array.from(rows.keys());
    // Equal values keep their order, so that rows do not jump.
    order.sort((a, b) => compareValues(values[a] ?? null, values[b] ?? null, descending) || a - b);
    return Array.from(order, place => rows[place]).filter(row => row !== undefined);
  }

  #find(from: number, by: 1 | -1): boolean {
    const wanted = this.#search.toLowerCase();
    const {length} = this.#rows;
    for (let step = 0; step < length; step++) {
      const place = (((from + by * step) % length) + length) % length;
      const row = this.#rows[place];
      if (row !== undefined && this.textOf(row).toLowerCase().includes(wanted)) {
        this.moveTo(place);
        return true;
      }
    }
    return false;
  }

  #scroll(): void {
    const last = Math.max(0, this.#rows.length - this.#height);
    if (this.#place < this.#top) this.#top = this.#place;
    if (this.#place >= this.#top + this.#height) this.#top = this.#place - this.#height + 1;
    this.#top = Math.max(0, Math.min(this.#top, last));
  }
}

export type {Value};
