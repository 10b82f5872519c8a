/** A screen of cells in memory. All is drawn here first; what has changed is sent to the terminal by somebody else. */
import {cellsOf, drawable, isPlain, widthOf, type Cell} from './cells.ts';
import {STYLES, type Style} from './styles.ts';

const INDEX = new Map(STYLES.map((style, index) => [style, index]));

export interface Rect {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** Drawing outside of it does nothing. */
export class Canvas {
  readonly width: number;
  readonly height: number;
  /** A character for each cell; the second cell of a wide one is empty. */
  readonly text: string[];
  /** The place of its style in {@link STYLES}. */
  readonly styles: Uint8Array;
  /** Where the terminal's cursor is to be shown; null: nowhere. */
  cursor: {readonly x: number; readonly y: number} | null = null;

  constructor(width: number, height: number) {
    this.width = width;
    this.height = height;
    this.text = new Array<string>(width * height).fill(' ');
    this.styles = new Uint8Array(width * height);
  }

  get rect(): Rect {
    return {x: 0, y: 0, width: this.width, height: this.height};
  }

  clear(): void {
    this.text.fill(' ');
    this.styles.fill(0);
    this.cursor = null;
  }

  fill({x, y, width, height}: Rect, style: Style, character = ' '): void {
    const index = INDEX.get(style) ?? 0;
    for (let row = Math.max(0, y); row < Math.min(this.height, y + height); row++) {
      for (let column = Math.max(0, x); column < Math.min(this.width, x + width); column++) {
        this.#set(row * this.width + column, character, index);
      }
    }
  }

  /** Changes the style of cells and leaves what is in them. */
  restyle({x, y, width, height}: Rect, style: Style): void {
    const index = INDEX.get(style) ?? 0;
    for (let row = Math.max(0, y); row < Math.min(this.height, y + height); row++) {
      this.styles.fill(index, row * this.width + Math.max(0, x), row * this.width + Math.min(this.width, x + width));
    }
  }

  /**
   * Draws text of anybody on one line; control characters never get through.
   *
   * @param limit columns that it may take; what is longer is cut, and `ellipsis` stands at its end
   * @returns the columns that it took
   */
  put(x: number, y: number, text: string, style: Style = 'plain', limit = this.width - x, ellipsis = ''): number {
    if (y < 0 || y >= this.height || x >= this.width || limit <= 0) return 0;
    const most = Math.min(limit, this.width - x);
    const at = y * this.width + x;
    const index = INDEX.get(style) ?? 0;
    const plain = drawable(text);
    if (isPlain(plain)) return this.#putPlain(at, plain, index, most, ellipsis);
    const cells: Cell[] = [];
    let column = 0;
    for (const cell of cellsOf(plain)) {
      cells.push(cell);
      column += cell.width;
      if (column > most) break;
    }
    const isCut = column > most;
    const room = isCut && ellipsis !== '' ? most - 1 : most;
    while (column > room) column -= cells.pop()?.width ?? column;
    column = 0;
    for (const {text: character, width} of cells) {
      this.#set(at + column, character, index);
      if (width === 2) this.#set(at + column + 1, '', index, true);
      column += width;
    }
    if (isCut && ellipsis !== '') this.#set(at + column++, ellipsis, index);
    return column;
  }

  /** Draws text that ends at a column. */
  putRight(end: number, y: number, text: string, style: Style = 'plain'): void {
    this.put(Math.max(0, end - widthOf(text)), y, text, style);
  }

  /** A line as text, for tests and saved screens. */
  line(y: number): string {
    return this.text
      .slice(y * this.width, (y + 1) * this.width)
      .join('')
      .trimEnd();
  }

  toString(): string {
    return Array.from({length: this.height}, (_, y) => this.line(y)).join('\n');
  }

  styleAt(x: number, y: number): Style {
    return STYLES[this.styles[y * this.width + x] ?? 0] ?? 'plain';
  }

  /** What nearly all text is: a column a character. */
  #putPlain(at: number, text: string, style: number, most: number, ellipsis: string): number {
    const isCut = text.length > most;
    const end = isCut && ellipsis !== '' ? most - 1 : Math.min(most, text.length);
    for (let column = 0; column < end; column++) this.#set(at + column, text.charAt(column), style);
    if (!isCut || ellipsis === '') return end;
    this.#set(at + end, ellipsis, style);
    return most;
  }

  #set(at: number, character: string, style: number, isSecond = false): void {
    // Half of a wide character can't stay when the other half goes.
    if (!isSecond && this.text[at] === '') this.text[at - 1] = ' ';
    if (this.text[at + 1] === '' && (at + 1) % this.width !== 0) this.text[at + 1] = ' ';
    this.text[at] = character;
    this.styles[at] = style;
  }
}
