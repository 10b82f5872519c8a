/** The last lines of logs, in bounded memory whatever is written. */
import type {LogLine} from '../../src/logs/read.ts';

export const MOST_LINES = 10_000;
/** Of a longer line the beginning is kept: nobody reads more on a screen. */
export const MOST_CHARACTERS = 8_192;
/** Of all lines together. */
export const MOST_OF_ALL = 16 * 1024 * 1024;
/** Given up together, since each time all others move. */
const SLACK_LINES = 1_000;

export class LogLines {
  readonly #lines: LogLine[] = [];
  #characters = 0;

  /** Oldest first. */
  get all(): readonly LogLine[] {
    return this.#lines;
  }

  get length(): number {
    return this.#lines.length;
  }

  /** Answers how many of the oldest were given up for it. */
  push(of: LogLine): number {
    this.#lines.push(of.line.length > MOST_CHARACTERS ? {...of, line: beginningOf(of.line)} : of);
    this.#characters += Math.min(of.line.length, MOST_CHARACTERS);
    if (this.#lines.length < MOST_LINES + SLACK_LINES && this.#characters <= MOST_OF_ALL) return 0;
    const surplus = Math.max(this.#lines.length - MOST_LINES, this.#tooLarge());
    for (const {line} of this.#lines.splice(0, surplus)) this.#characters -= line.length;
    return surplus;
  }

  clear(): void {
    this.#lines.length = 0;
    this.#characters = 0;
  }

  /** How many of the oldest must go for their characters: a sixteenth more than those, so that it is not each time. */
  #tooLarge(): number {
    let left = this.#characters;
    let count = 0;
    if (left <= MOST_OF_ALL) return 0;
    while (left > MOST_OF_ALL - MOST_OF_ALL / 16) left -= this.#lines[count++]?.line.length ?? left;
    return count;
  }
}

/** A copy: what is cut out of a string holds all of it. */
const beginningOf = (line: string): string =>
  Buffer.from(line.slice(0, MOST_CHARACTERS), 'utf16le').toString('utf16le');
