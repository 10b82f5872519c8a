/** Plain tables: all of it in a pipe; in a terminal fitted to its width, never wrapped. */
import type {Output} from './output.ts';
import type {Style} from './paint.ts';
import {plainText} from './sanitize.ts';
import {fit, padEnd, padStart, widthOf} from './width.ts';

export interface Column<Row> {
  readonly title: string;
  readonly cell: (row: Row) => string;
  readonly style?: (row: Row) => Style | null;
  readonly align?: 'right';
  /** In a narrow terminal columns go in this order, 1 first. Without it a column always stays. */
  readonly drop?: number;
  /** May be cut down to this many columns. */
  readonly shrink?: number;
}

const GAP = 2;

export function printTable<Row>(out: Output, columns: readonly Column<Row>[], rows: readonly Row[]): void {
  const cells = columns.map(column => rows.map(row => plainText(column.cell(row))));
  const natural = columns.map((column, i) => Math.max(widthOf(column.title), ...(cells[i] ?? []).map(widthOf)));
  const widths = fitWidths(columns, natural, out.columns);
  const shown = columns.map((column, i) => ({column, i, width: widths[i] ?? 0})).filter(({width}) => width > 0);
  const line = (text: (column: Column<Row>, i: number) => string, style: (column: Column<Row>) => Style | null) =>
    shown
      .map(({column, i, width}, at) => {
        const cut = fit(text(column, i), width);
        const last = at === shown.length - 1 && column.align === undefined;
        const padded = column.align === 'right' ? padStart(cut, width) : last ? cut : padEnd(cut, width);
        return padded.replace(cut, () => out.paint(style(column), cut));
      })
      .join(' '.repeat(GAP))
      .trimEnd();
  out.line(
    line(
      column => column.title,
      () => 'bold',
    ),
  );
  for (const [r, row] of rows.entries()) {
    out.line(
      line(
        (_column, i) => cells[i]?.[r] ?? '',
        column => column.style?.(row) ?? null,
      ),
    );
  }
}

/** The width of each column; 0 where it is left out. */
function fitWidths<Row>(
  columns: readonly Column<Row>[],
  natural: readonly number[],
  available: number | null,
): readonly number[] {
  const widths = [...natural];
  if (available === null) return widths;
  const total = () => widths.reduce((sum, width) => sum + (width > 0 ? width + GAP : 0), -GAP);
  const shrink = (to: (column: Column<Row>) => number | undefined) => {
    for (const [i, column] of columns.entries()) {
      const least = to(column);
      const surplus = total() - available;
      if (surplus > 0 && least !== undefined)
        widths[i] = Math.max(Math.min(least, widths[i] ?? 0), (widths[i] ?? 0) - surplus);
    }
  };
  shrink(column => column.shrink);
  const order = [...columns.entries()]
    .filter(([, {drop}]) => drop !== undefined)
    .sort(([, a], [, b]) => (a.drop ?? 0) - (b.drop ?? 0));
  for (const [i] of order) {
    if (total() <= available) break;
    widths[i] = 0;
  }
  // What was shrunk may have room again.
  for (const [i, width] of widths.entries()) {
    const room = available - total();
    if (room > 0 && width > 0) widths[i] = Math.min(natural[i] ?? 0, width + room);
  }
  shrink(() => 1);
  return widths;
}
