/** A screen of cells in memory. Everything is drawn here first; the terminal then sends the changes. */
import {cellsOf, drawable, isPlain, widthOf, type Cell} from './cells.ts';
import {STYLES, type Style} from './styles.ts';

const INDEX = new Map(STYLES.map((style, index) => [style, index]));

export interface Rect {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** Drawing outside the canvas has no effect. */
export class Canvas {
  readonly width: number;
  readonly height: number;
  /** One character per cell; the second cell of a wide character is empty. */
  readonly text: string[];
  /** The index of the cell's style in {@link STYLES}. */
  readonly styles: Uint8Array;
  /** The position of the terminal's cursor, or null to hide it. */
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

  /** Changes the style of cells and keeps their text. */
  restyle({x, y, width, height}: Rect, style: Style): void {
    const index = INDEX.get(style) ?? 0;
    for (let row = Math.max(0, y); row < Math.min(this.height, y + height); row++) {
      this.styles.fill(index, row * this.width + Math.max(0, x), row * this.width + Math.min(this.width, x + width));
    }
  }

  /**
   * Draws untrusted text on one line; control characters are removed.
   *
   * @param limit maximum columns; longer text is cut and ends with `ellipsis`
   * @returns the number of columns drawn
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

  /** Returns a line as text, for tests and saved screens. */
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

  /** Fast path for nearly all text: one column per character. */
  #putPlain(at: number, text: string, style: number, most: number, ellipsis: string): number {
    const isCut = text.length > most;
    const end = isCut && ellipsis !== '' ? most - 1 : Math.min(most, text.length);
    for (let column = 0; column < end; column++) this.#set(at + column, text.charAt(column), style);
    if (!isCut || ellipsis === '') return end;
    this.#set(at + end, ellipsis, style);
    return most;
  }

  #set(at: number, character: string, style: number, isSecond = false): void {
    // Overwriting one half of a wide character removes the other half.
    if (!isSecond && this.text[at] === '') this.text[at - 1] = ' ';
    if (this.text[at + 1] === '' && (at + 1) % this.width !== 0) this.text[at + 1] = ' ';
    this.text[at] = character;
    this.styles[at] = style;
  }
}
