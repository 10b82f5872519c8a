/** A text input on the bottom line. */
import type {Overlay, Shell} from '../shell.ts';
import type {Canvas} from '../screen/canvas.ts';
import {widthOf} from '../screen/cells.ts';

export interface PromptOptions {
  readonly label: string;
  readonly text: string;
  /** Called after each change of the text. */
  readonly changed?: (text: string) => void;
  readonly done: (text: string) => void;
  readonly cancelled?: () => void;
}

/** Maximum length; a longer input is never needed. */
const MOST = 500;
const segmenter = new Intl.Segmenter();

export class Prompt implements Overlay {
  readonly #options: PromptOptions;
  /** User-perceived characters: Backspace deletes one of them. */
  #characters: string[];
  #at: number;

  constructor(options: PromptOptions) {
    this.#options = options;
    this.#characters = Array.from(segmenter.segment(options.text), ({segment}) => segment);
    this.#at = this.#characters.length;
  }

  get text(): string {
    return this.#characters.join('');
  }

  draw(canvas: Canvas): void {
    const y = canvas.height - 1;
    canvas.fill({x: 0, y, width: canvas.width, height: 1}, 'plain');
    const label = canvas.put(0, y, this.#options.label, 'title');
    const room = Math.max(1, canvas.width - label - 1);
    // The cursor stays visible.
    let from = 0;
    while (widthOf(this.#characters.slice(from, this.#at).join('')) >= room && from < this.#at) from++;
    canvas.put(label, y, this.#characters.slice(from).join(''), 'bold', room);
    canvas.cursor = {x: label + widthOf(this.#characters.slice(from, this.#at).join('')), y};
  }

  key(name: string, app: Shell): void {
    switch (name) {
      case 'escape':
        app.close(this);
        this.#options.cancelled?.();
        return;
      case 'enter':
        app.close(this);
        this.#options.done(this.text);
        return;
      case 'left':
        this.#at = Math.max(0, this.#at - 1);
        return;
      case 'right':
        this.#at = Math.min(this.#characters.length, this.#at + 1);
        return;
      case 'home':
      case 'C-a':
        this.#at = 0;
        return;
      case 'end':
      case 'C-e':
        this.#at = this.#characters.length;
        return;
      default:
        if (this.#edit(name)) this.#options.changed?.(this.text);
    }
  }

  /** Returns whether the text has changed. */
  #edit(name: string): boolean {
    if (name === 'backspace' && this.#at > 0) this.#characters.splice(--this.#at, 1);
    else if (name === 'delete') this.#characters.splice(this.#at, 1);
    else if (name === 'C-u') {
      this.#characters.splice(0, this.#at);
      this.#at = 0;
    } else if (name === 'C-k') this.#characters.splice(this.#at);
    else if (name === 'C-w') {
      // eslint-disable-next-line brood/linear-regex -- typed by the user, a line at most
      const word = /\S*\s*$/.exec(this.#characters.slice(0, this.#at).join(''))?.[0] ?? '';
      const length = Array.from(segmenter.segment(word)).length;
      this.#at -= length;
      this.#characters.splice(this.#at, length);
    } else {
      const typed = name === 'space' ? ' ' : name;
      const isCharacter = Array.from(segmenter.segment(typed)).length === 1 && typed >= ' ';
      if (!isCharacter || this.#characters.length >= MOST) return false;
      this.#characters.splice(this.#at++, 0, typed);
    }
    return true;
  }
}
