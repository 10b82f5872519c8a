/** Draws a list: titles, rows, and the selection. */
import type {Canvas, Rect} from '../screen/canvas.ts';
import type {Glyphs} from '../screen/glyphs.ts';
import {widthOf} from '../screen/cells.ts';
import type {Style} from '../screen/styles.ts';
import {place, type Placed} from './column.ts';
import type {List} from './list.ts';

export interface ListLook {
  readonly glyphs: Glyphs;
  /** Whether the list has the keyboard focus. */
  readonly active: boolean;
  /** The text shown if there are no rows. */
  readonly empty: string;
}

/** The width of the tag's column. */
const MARGIN = 1;

/** Returns the columns shown. */
export function drawList<Row>(canvas: Canvas, rect: Rect, list: List<Row>, look: ListLook): readonly Placed<Row>[] {
  const {x, y, width, height} = rect;
  const placed = place(list.source.columns, Math.max(1, width - MARGIN));
  list.setHeight(height - 1);
  drawTitles(canvas, rect, list, placed, look.glyphs);
  if (list.rows.length === 0) canvas.put(x + MARGIN, y + 1, look.empty, 'dim', width - MARGIN, look.glyphs.ellipsis);
  for (let line = 1; line < height; line++) {
    const index = list.top + line - 1;
    const row = list.rows[index];
    if (row === undefined) break;
    drawRow(canvas, {x, y: y + line, width, height: 1}, list, row, placed, look, index === list.place);
  }
  return placed;
}

function drawTitles<Row>(
  canvas: Canvas,
  {x, y, width}: Rect,
  {sorting}: List<Row>,
  placed: readonly Placed<Row>[],
  glyphs: Glyphs,
): void {
  canvas.fill({x, y, width, height: 1}, 'heading');
  for (const {column, x: at, width: room} of placed) {
    const sorted = sorting.column === column.id;
    const down = (column.descending === true) !== sorting.inverted;
    const title = sorted ? column.title + (down ? glyphs.down : glyphs.up) : column.title;
    putAligned(canvas, x + MARGIN + at, y, title, room, column.align, sorted ? 'sorted' : 'heading', '');
  }
}

function drawRow<Row>(
  canvas: Canvas,
  {x, y, width}: Rect,
  list: List<Row>,
  row: Row,
  placed: readonly Placed<Row>[],
  {glyphs, active}: ListLook,
  isSelected: boolean,
): void {
  const isTagged = list.tagged.has(list.source.key(row));
  const whole: Style | null = isSelected ? (active ? 'selected' : 'selectedIdle') : isTagged ? 'tagged' : null;
  if (whole !== null) canvas.fill({x, y, width, height: 1}, whole);
  if (isTagged) canvas.put(x, y, glyphs.tag, whole ?? 'tagged');
  for (const [index, {column, x: at, width: room}] of placed.entries()) {
    const isLast = index === placed.length - 1;
    const text = isLast && list.scrollX > 0 ? column.text(row).slice(list.scrollX) : column.text(row);
    const style = whole ?? column.style?.(row) ?? 'plain';
    putAligned(canvas, x + MARGIN + at, y, text, room, column.align, style, glyphs.ellipsis);
  }
  if (list.search !== '') drawMatches(canvas, {x, y, width, height: 1}, list.search);
}

function putAligned(
  canvas: Canvas,
  x: number,
  y: number,
  text: string,
  room: number,
  align: 'right' | undefined,
  style: Style,
  ellipsis: string,
): void {
  const blank = align === 'right' ? Math.max(0, room - widthOf(text)) : 0;
  canvas.put(x + blank, y, text, style, room - blank, ellipsis);
}

/** Highlights visible matches of a search. */
export function drawMatches(canvas: Canvas, {x, y, width}: Rect, search: string): void {
  const cells = canvas.text.slice(y * canvas.width + x, y * canvas.width + x + width);
  const line = cells.join('').toLowerCase();
  // Wide characters and marks shift columns against letters: highlight nothing rather than the wrong text.
  if (line.length !== cells.length) return;
  const wanted = search.toLowerCase();
  for (let at = line.indexOf(wanted); at >= 0 && wanted !== ''; at = line.indexOf(wanted, at + wanted.length)) {
    canvas.restyle({x: x + at, y, width: wanted.length, height: 1}, 'match');
  }
}
