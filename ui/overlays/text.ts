/** Text in a scrollable box: help, details. */
import type {Overlay, Shell} from '../shell.ts';
import {centered, drawBox} from '../screen/box.ts';
import type {Canvas} from '../screen/canvas.ts';
import {widthOf} from '../screen/cells.ts';
import type {Style} from '../screen/styles.ts';

export type Piece = readonly [text: string, style?: Style];
/** A line of consecutive pieces. */
export type TextLine = readonly Piece[];

export interface TextOptions {
  readonly title: string | (() => string);
  /** Called at each frame, so that the content can change. */
  readonly lines: (width: number) => readonly TextLine[];
  /** Whether the box takes the whole screen; otherwise it fits its text. */
  readonly full: boolean;
  /** Handles keys other than those that scroll and close; returns whether it handled the key. */
  readonly key?: (name: string) => boolean;
}

export class Text implements Overlay {
  readonly #options: TextOptions;
  #top = 0;
  #height = 1;
  #length = 0;

  constructor(options: TextOptions) {
    this.#options = options;
  }

  draw(canvas: Canvas, {glyphs}: Shell): void {
    const {title, full} = this.#options;
    const margin = full && canvas.width >= 100 && canvas.height >= 30 ? 1 : 0;
    const widest = full ? canvas.width - 2 * margin : Math.min(canvas.width, 78);
    const lines = this.#options.lines(Math.max(1, widest - 4));
    const width = full ? widest : Math.min(widest, Math.max(...lines.map(widthOfLine), 20) + 4);
    const height = full ? canvas.height - 2 * margin : Math.min(canvas.height, lines.length + 2);
    const name = typeof title === 'string' ? title : title();
    const inside = drawBox(canvas, centered(canvas, width, height), name, glyphs);
    this.#height = Math.max(1, inside.height);
    this.#length = lines.length;
    this.#top = Math.max(0, Math.min(this.#top, lines.length - this.#height));
    for (let row = 0; row < this.#height; row++) {
      let at = inside.x;
      for (const [text, style = 'plain'] of lines[this.#top + row] ?? []) {
        at += canvas.put(at, inside.y + row, text, style, inside.x + inside.width - at, glyphs.ellipsis);
      }
    }
    const more = lines.length - this.#top - this.#height;
    if (this.#top > 0) canvas.put(inside.x + inside.width - 1, inside.y - 1, glyphs.up, 'title');
    if (more > 0) canvas.put(inside.x + inside.width - 1, inside.y + inside.height, glyphs.down, 'title');
  }

  key(name: string, app: Shell): void {
    if (this.#options.key?.(name)) return;
    switch (name) {
      case 'escape':
      case 'q':
      case 'enter':
      case '?':
      case 'f1':
        app.close(this);
        return;
      case 'up':
        this.#top--;
        break;
      case 'down':
        this.#top++;
        break;
      case 'pageup':
        this.#top -= this.#height;
        break;
      case 'pagedown':
      case 'space':
        this.#top += this.#height;
        break;
      case 'home':
        this.#top = 0;
        break;
      case 'end':
        this.#top = this.#length;
        break;
      default:
    }
    this.#top = Math.max(0, Math.min(this.#top, this.#length - this.#height));
  }
}

const widthOfLine = (line: TextLine): number => line.reduce((sum, [text]) => sum + widthOf(text), 0);
