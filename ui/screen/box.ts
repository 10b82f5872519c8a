/** Boxes drawn over the view. */
import type {Canvas, Rect} from './canvas.ts';
import type {Glyphs} from './glyphs.ts';

/** Draws an empty box with a title and returns its inner rectangle. */
export function drawBox(
  canvas: Canvas,
  rect: Rect,
  title: string,
  {corners, horizontal, vertical, ellipsis}: Glyphs,
): Rect {
  const {x, y, width, height} = rect;
  canvas.fill(rect, 'plain');
  const [topLeft, topRight, bottomLeft, bottomRight] = corners;
  const line = horizontal.repeat(Math.max(0, width - 2));
  canvas.put(x, y, topLeft + line + topRight, 'border');
  canvas.put(x, y + height - 1, bottomLeft + line + bottomRight, 'border');
  for (let row = y + 1; row < y + height - 1; row++) {
    canvas.put(x, row, vertical, 'border');
    canvas.put(x + width - 1, row, vertical, 'border');
  }
  if (width > 6) canvas.put(x + 2, y, ` ${title} `, 'title', width - 4, ellipsis);
  return {x: x + 2, y: y + 1, width: Math.max(0, width - 4), height: Math.max(0, height - 2)};
}

/** Returns a centered rectangle of that size, limited to the screen. */
export function centered(canvas: Canvas, width: number, height: number): Rect {
  const [w, h] = [Math.min(width, canvas.width), Math.min(height, canvas.height)];
  return {x: Math.floor((canvas.width - w) / 2), y: Math.floor((canvas.height - h) / 2), width: w, height: h};
}
