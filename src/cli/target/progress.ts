/** Shows what a command waits for, on a transient line of a terminal. */
import type {Progress} from '../../control/messages.ts';
import type {Output} from '../terminal/output.ts';
import {plainText} from '../../text/sanitize.ts';
import {fit} from '../../text/width.ts';

/** A shorter wait needs no explanation. */
const QUIET_MS = 1000;
const NAMED = 3;

type Waiting = Progress['waiting'];

/** `db/1 (stopping), web/2 (starting: no answer yet), 3 more` */
export function waitingWords(waiting: Waiting): string {
  const named = waiting
    .slice(0, NAMED)
    .map(({id, status, reason}) => `${id} (${status}${reason === null ? '' : `: ${reason}`})`);
  const more = waiting.length - named.length;
  return [...named, ...(more > 0 ? [`${more} more`] : [])].join(', ');
}

export class ProgressLine {
  readonly #err: Output;
  readonly #timer: NodeJS.Timeout;
  #waiting: Waiting = [];
  #due = false;
  #drawn = false;

  constructor(err: Output) {
    this.#err = err;
    this.#timer = setTimeout(() => {
      this.#due = true;
      this.#draw();
    }, QUIET_MS).unref();
  }

  /** The instances in the last progress report. */
  get waiting(): Waiting {
    return this.#waiting;
  }

  show(waiting: Waiting): void {
    this.#waiting = waiting;
    if (waiting.length === 0) this.#clear();
    else if (this.#due) this.#draw();
  }

  /** Writes a permanent line above the transient one. */
  above(words: string): void {
    this.#clear();
    this.#err.line(words);
    this.#err.flush();
    if (this.#due) this.#draw();
  }

  clearLine(): void {
    clearTimeout(this.#timer);
    this.#due = false;
    this.#clear();
  }

  #clear(): void {
    if (this.#drawn) this.#err.redraw('');
    this.#drawn = false;
  }

  #draw(): void {
    if (!this.#err.isTerminal || this.#waiting.length === 0) return;
    const text = fit(plainText(`waiting for ${waitingWords(this.#waiting)} ...`), (this.#err.columns ?? 80) - 1);
    this.#err.redraw(this.#err.paint('dim', text));
    this.#drawn = true;
  }
}
