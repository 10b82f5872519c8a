/**
 * Patterns of `watch_ignore`: `*` and `?` stand for anything but a `/`, `**` for anything, and a folder of that name for any
 * number of folders. A path is read once, whatever the pattern: regular expressions made of `*a*a*a` take
 * time that grows with a power of the path's length, on the thread that all workers wait for.
 */

/** What is at one place of a pattern; a number is a character (a UTF-16 unit). */
type Part = number | 'any' | 'star' | 'deep' | 'folders' | 'in-folders';

const SLASH = 47;
const PIECE = /\*\*\/|\*\*|[*?]|[^*?]+/g;

function partsOf(pattern: string): Part[] {
  const parts = (pattern.match(PIECE) ?? []).flatMap((piece): Part[] => {
    switch (piece) {
      case '**/':
        return ['folders', 'in-folders'];
      case '**':
        return ['deep'];
      case '*':
        return ['star'];
      case '?':
        return ['any'];
      default:
        return Array.from({length: piece.length}, (_, at) => piece.charCodeAt(at));
    }
  });
  // One of them stands for as much as several in a row.
  return parts.filter((part, at) => (part !== 'star' && part !== 'deep') || parts[at - 1] !== part);
}

export class Glob {
  readonly #parts: readonly Part[];
  /** The places that can have been reached after so much of the text. */
  #reached: number[] = [];
  #next: number[] = [];
  /** When each place was reached last, so that none is listed twice. */
  readonly #seen: Uint32Array;
  #step = 0;

  constructor(pattern: string) {
    this.#parts = partsOf(pattern);
    this.#seen = new Uint32Array(this.#parts.length + 1);
  }

  /** Whether it stands for all of the text. */
  matches(text: string): boolean {
    return this.#read(text, at => at === text.length);
  }

  /** Whether it stands for the path, or for a folder above it. */
  covers(path: string): boolean {
    return this.#read(path, at => at === path.length || path.charCodeAt(at) === SLASH);
  }

  /** Whether the end of the pattern can be reached where `isEnd` holds. */
  #read(text: string, isEnd: (at: number) => boolean): boolean {
    this.#begin();
    this.#reach(0);
    for (let at = 0; ; at++) {
      this.#turn();
      if (this.#seen[this.#parts.length] === this.#step - 1 && isEnd(at)) return true;
      if (at >= text.length || this.#reached.length === 0) return false;
      const unit = text.charCodeAt(at);
      for (const place of this.#reached) this.#pass(place, unit);
    }
  }

  #begin(): void {
    if (this.#step > 2 ** 31) {
      this.#seen.fill(0);
      this.#step = 0;
    }
    this.#step++;
    this.#next.length = 0;
  }

  /** What was reached is now gone on from. */
  #turn(): void {
    [this.#reached, this.#next] = [this.#next, this.#reached];
    this.#next.length = 0;
    this.#step++;
  }

  #reach(place: number): void {
    for (let at = place; this.#seen[at] !== this.#step; at++) {
      this.#seen[at] = this.#step;
      this.#next.push(at);
      const part = this.#parts[at];
      // These may stand for nothing; what is inside of folders is no place to go on from without a character.
      if (part === 'folders') at++;
      else if (part !== 'star' && part !== 'deep') return;
    }
  }

  #pass(place: number, unit: number): void {
    const part = this.#parts[place];
    switch (part) {
      case undefined:
        return;
      case 'any':
        if (unit !== SLASH) this.#reach(place + 1);
        return;
      case 'star':
        if (unit !== SLASH) this.#reach(place);
        return;
      case 'deep':
        this.#reach(place);
        return;
      case 'folders':
      case 'in-folders': {
        const inside = part === 'folders' ? place + 1 : place;
        this.#reach(inside);
        if (unit === SLASH) this.#reach(inside + 1);
        return;
      }
      default:
        if (unit === part) this.#reach(place + 1);
    }
  }
}
