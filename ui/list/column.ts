/** Columns of lists: content, sort order, and priority when space is short. */
import {widthOf} from '../screen/cells.ts';
import type {Style} from '../screen/styles.ts';

/** The value for comparison and filters; null: unknown, and last in every order. */
export type Value = string | number | null;

export interface Column<Row> {
  /** The name in filters: `cpu>50`. */
  readonly id: string;
  readonly title: string;
  /** Width in terminal columns; the last column shown takes the remaining space if it is left-aligned. */
  readonly width: number;
  readonly align?: 'right';
  readonly text: (row: Row) => string;
  readonly value: (row: Row) => Value;
  readonly style?: (row: Row) => Style | null;
  /** The order in which columns are dropped in a narrow terminal, 1 first. Absent: the column always stays. */
  readonly drop?: number;
  /** Whether large values come first. */
  readonly descending?: true;
}

/** Returns a width that fits all texts, within bounds. */
export function fitted(texts: Iterable<string>, least: number, most: number): number {
  let width = least;
  for (const text of texts) width = Math.max(width, Math.min(most, widthOf(text)));
  return width;
}

export interface Placed<Row> {
  readonly column: Column<Row>;
  readonly x: number;
  readonly width: number;
}

const GAP = 1;

/** Returns the columns that fit, with their places; the last one takes the remaining space. */
export function place<Row>(columns: readonly Column<Row>[], available: number): Placed<Row>[] {
  let kept = [...columns];
  const total = (): number => kept.reduce((sum, {width}) => sum + width + GAP, -GAP);
  const order = columns.filter(({drop}) => drop !== undefined).sort((a, b) => (a.drop ?? 0) - (b.drop ?? 0));
  for (const column of order) {
    if (total() <= available) break;
    kept = kept.filter(one => one !== column);
  }
  let x = 0;
  return kept.map((column, index) => {
    const isLast = index === kept.length - 1;
    const width = isLast && column.align !== 'right' ? Math.max(1, available - x) : column.width;
    const placed = {column, x, width};
    x += width + GAP;
    return placed;
  });
}

/** Compares two values: unknown last, numbers by size, texts in natural order. */
export function compareValues(a: Value, b: Value, descending: boolean): number {
  if (a === b) return 0;
  if (a === null) return 1;
  if (b === null) return -1;
  const order = typeof a === 'number' && typeof b === 'number' ? a - b : compareTexts(String(a), String(b));
  return descending ? -order : order;
}

const collator = new Intl.Collator('en', {numeric: true});
const compareTexts = (a: string, b: string): number => collator.compare(a, b);
