/** Plain tables: complete in a pipe; fitted to the width of a terminal, never wrapped. */
import type {Output} from './output.ts';
import type {Style} from './paint.ts';
import {plainText} from '../../text/sanitize.ts';
import {fit, widthOf} from '../../text/width.ts';

export interface Column<Row> {
  readonly title: string;
  readonly cell: (row: Row) => string;
  readonly style?: (row: Row) => Style | null;
  readonly align?: 'right';
  /** The order in which a narrow terminal drops columns, 1 first. A column without an order is never dropped. */
  readonly drop?: number;
  /** The least width to which the column may shrink. */
  readonly shrink?: number;
}

const GAP = 2;
const BETWEEN = ' '.repeat(GAP);

interface Cell {
  readonly text: string;
  readonly width: number;
}

function cellOf(text: string): Cell {
  const plain = plainText(text);
  return {text: plain, width: widthOf(plain)};
}

export function printTable<Row>(out: Output, columns: readonly Column<Row>[], rows: readonly Row[]): void {
  const titles = columns.map(({title}) => cellOf(title));
  const lines = rows.map(row => columns.map(column => cellOf(column.cell(row))));
  const natural = titles.map(({width}, i) => lines.reduce((most, line) => Math.max(most, line[i]?.width ?? 0), width));
  const widths = fitWidths(columns, natural, out.columns);
  const shown = columns.map((column, i) => ({column, i, width: widths[i] ?? 0})).filter(({width}) => width > 0);
  const last = shown.at(-1)?.i;
  const print = (cells: readonly Cell[], styleOf: (column: Column<Row>) => Style | null): void => {
    let line = '';
    for (const {column, i, width} of shown) {
      const {text, width: own} = cells[i] ?? {text: '', width: 0};
      const cut = own > width ? fit(text, width) : text;
      // A left-aligned last column needs no padding.
      const isOpen = i === last && column.align !== 'right';
      const blank = isOpen ? '' : ' '.repeat(Math.max(0, width - (own > width ? widthOf(cut) : own)));
      const painted = out.paint(styleOf(column), cut);
      line += (line === '' ? '' : BETWEEN) + (column.align === 'right' ? blank + painted : painted + blank);
    }
    out.line(line.trimEnd());
  };
  print(titles, () => 'bold');
  for (const [r, row] of rows.entries()) print(lines[r] ?? [], column => column.style?.(row) ?? null);
}

/** Returns the width of each column, 0 for one that is left out. */
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
  // Dropped columns may have left room for shrunk ones.
  for (const [i, width] of widths.entries()) {
    const room = available - total();
    if (room > 0 && width > 0) widths[i] = Math.min(natural[i] ?? 0, width + room);
  }
  shrink(() => 1);
  return widths;
}
