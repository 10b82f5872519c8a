/** A list in a box to choose one item from: signals, the palette, sort columns. Typed text narrows the list. */
import type {Overlay, Shell} from '../shell.ts';
import {centered, drawBox} from '../screen/box.ts';
import type {Canvas, Rect} from '../screen/canvas.ts';
import {widthOf} from '../screen/cells.ts';

export interface Option {
  readonly text: string;
  /** Text to the right of the option. */
  readonly note?: string;
  /** A key that chooses the option at once, unless the list accepts typing. */
  readonly key?: string;
  readonly choose: () => void;
}

export interface ChoiceOptions {
  readonly title: string;
  /** Lines above the list: the action and its targets. */
  readonly about?: readonly string[];
  readonly options: readonly Option[];
  /** The initially selected option. */
  readonly selected?: number;
  /** Whether letters narrow the list. */
  readonly typing: boolean;
  readonly empty: string;
}

const WIDEST = 76;

export class Choice implements Overlay {
  readonly #options: ChoiceOptions;
  #typed = '';
  #place: number;
  #top = 0;
  #height = 1;
  #rect: Rect = {x: 0, y: 0, width: 0, height: 0};

  constructor(options: ChoiceOptions) {
    this.#options = options;
    this.#place = options.selected ?? 0;
  }

  get #shown(): readonly Option[] {
    const wanted = this.#typed.toLowerCase();
    const words = ({text, note}: Option): string => `${text} ${note ?? ''}`.toLowerCase();
    return wanted === '' ? this.#options.options : this.#options.options.filter(one => words(one).includes(wanted));
  }

  draw(canvas: Canvas, {glyphs}: Shell): void {
    const {title, about = [], options, typing, empty} = this.#options;
    const widest = Math.max(
      widthOf(title) + 4,
      ...about.map(widthOf),
      ...options.map(({text, note = ''}) => widthOf(text) + 2 + widthOf(note)),
    );
    const above = about.length + (typing ? 1 : 0);
    const box = centered(canvas, Math.min(WIDEST, widest + 4), options.length + above + 2);
    const inside = drawBox(canvas, box, title, glyphs);
    for (const [index, text] of about.entries())
      canvas.put(inside.x, inside.y + index, text, 'bold', inside.width, glyphs.ellipsis);
    if (typing) {
      const y = inside.y + about.length;
      const taken = canvas.put(inside.x, y, `> ${this.#typed}`, 'title', inside.width);
      canvas.cursor = {x: Math.min(inside.x + taken, canvas.width - 1), y};
    }
    this.#rect = {...inside, y: inside.y + above, height: Math.max(1, inside.height - above)};
    this.#height = this.#rect.height;
    this.#drawOptions(canvas, empty, glyphs.ellipsis);
  }

  key(name: string, app: Shell): void {
    const last = this.#shown.length - 1;
    switch (name) {
      case 'escape':
        app.close(this);
        return;
      case 'q':
        if (!this.#options.typing) {
          app.close(this);
          return;
        }
        break;
      case 'up':
        this.#place = this.#place <= 0 ? last : this.#place - 1;
        return;
      case 'down':
        this.#place = this.#place >= last ? 0 : this.#place + 1;
        return;
      case 'pageup':
        this.#place = Math.max(0, this.#place - this.#height);
        return;
      case 'pagedown':
        this.#place = Math.min(last, this.#place + this.#height);
        return;
      case 'home':
        this.#place = 0;
        return;
      case 'end':
        this.#place = last;
        return;
      case 'enter':
        this.#choose(app);
        return;
      default:
    }
    if (this.#options.typing) this.#type(name);
    else
      this.#chooseOption(
        this.#options.options.find(({key}) => key === name),
        app,
      );
  }

  click(x: number, y: number, app: Shell): void {
    const {x: left, y: top, width, height} = this.#rect;
    if (x < left || x >= left + width || y < top || y >= top + height) return;
    const place = this.#top + y - top;
    if (place >= this.#shown.length) return;
    // The first click only selects: an immediate action too easily hits the wrong option.
    if (place === this.#place) this.#choose(app);
    else this.#place = place;
  }

  #choose(app: Shell): void {
    this.#chooseOption(this.#shown[this.#place], app);
  }

  #chooseOption(option: Option | undefined, app: Shell): void {
    if (!option) return;
    app.close(this);
    option.choose();
  }

  #type(name: string): void {
    if (name === 'backspace') this.#typed = this.#typed.slice(0, -1);
    else if (name === 'space') this.#typed += ' ';
    else if (name.length === 1) this.#typed += name;
    else return;
    this.#place = 0;
  }

  #drawOptions(canvas: Canvas, empty: string, ellipsis: string): void {
    const shown = this.#shown;
    const {x, y, width, height} = this.#rect;
    this.#place = Math.max(0, Math.min(this.#place, shown.length - 1));
    this.#top = Math.max(0, Math.min(this.#top, this.#place), this.#place - height + 1);
    if (shown.length === 0) canvas.put(x, y, empty, 'dim', width);
    for (let line = 0; line < height; line++) {
      const option = shown[this.#top + line];
      if (!option) break;
      const style = this.#top + line === this.#place ? 'selected' : 'plain';
      canvas.fill({x: x - 1, y: y + line, width: width + 2, height: 1}, style);
      canvas.put(x, y + line, option.text, style, width, ellipsis);
      if (option.note !== undefined)
        canvas.putRight(x + width, y + line, option.note, style === 'plain' ? 'dim' : style);
    }
  }
}
