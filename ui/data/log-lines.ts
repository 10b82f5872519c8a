/** The last lines of logs, in bounded memory. */
import type {LogLine} from '../../src/logs/read.ts';

export const MOST_LINES = 10_000;
/** Maximum length of a line; the rest is dropped, since a screen shows no more. */
export const MOST_CHARACTERS = 8_192;
/** Maximum characters of all lines together. */
export const MOST_OF_ALL = 16 * 1024 * 1024;
/** Lines over the limit before the oldest are dropped together, since each removal moves all others. */
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

  /** Adds a line. Returns how many of the oldest lines were dropped. */
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

  /**
   * Returns how many of the oldest lines to drop for their characters: a sixteenth too many, so that not every push
   * drops some.
   */
  #tooLarge(): number {
    let left = this.#characters;
    let count = 0;
    if (left <= MOST_OF_ALL) return 0;
    while (left > MOST_OF_ALL - MOST_OF_ALL / 16) left -= this.#lines[count++]?.line.length ?? left;
    return count;
  }
}

/** Returns a copy: a substring would keep the whole string alive. */
const beginningOf = (line: string): string =>
  Buffer.from(line.slice(0, MOST_CHARACTERS), 'utf16le').toString('utf16le');
