/** The last line: the current message, or the keys that apply to the current view. */
import type {Shell} from './shell.ts';
import {BINDINGS, keyWords} from './keys.ts';
import type {Canvas, Rect} from './screen/canvas.ts';
import {widthOf} from './screen/cells.ts';

export interface Hint {
  readonly x: number;
  readonly width: number;
  readonly key: string;
}

export function drawFooter(canvas: Canvas, {x, y, width}: Rect, app: Shell): readonly Hint[] {
  const {message} = app;
  const status = app.view.status();
  if (message) {
    canvas.put(x, y, message.text, message.style, width, app.glyphs.ellipsis);
    return [];
  }
  const hints: Hint[] = [];
  let at = x;
  if (status !== null) at += canvas.put(at, y, `${status}  `, 'warning', width, app.glyphs.ellipsis);
  for (const binding of BINDINGS) {
    const [key] = binding.keys;
    if (binding.footer === undefined || key === undefined || !app.applies(binding)) continue;
    const shown = keyWords(key);
    const room = widthOf(shown) + 1 + binding.footer.length + 1;
    if (at + room > x + width) break;
    canvas.put(at, y, shown, 'key');
    canvas.put(at + widthOf(shown) + 1, y, binding.footer, 'dim');
    hints.push({x: at, width: room - 1, key});
    at += room;
  }
  return hints;
}
