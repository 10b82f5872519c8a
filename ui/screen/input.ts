/**
 * Splits the input of a terminal's keyboard and mouse into single sequences. A read may contain several of them, or the
 * first half of one; a lone Escape differs from the start of a sequence only in that nothing follows soon.
 */

/** No terminal pauses this long within a sequence. */
export const PENDING_MS = 30;
/** Longer input is not a sequence, but an endless paste or a broken terminal. */
const MOST = 64;

const ESC = '\x1b';

const characterLength = (text: string, at: number): number => ((text.codePointAt(at) ?? 0) > 0xffff ? 2 : 1);

/** Returns the length of the first sequence, or 0 if it is not complete yet. */
function sequenceLength(text: string): number {
  if (text[0] !== ESC) return characterLength(text, 0);
  const second = text[1];
  if (second === undefined) return 0;
  if (second === '[') return csiLength(text);
  if (second === 'O') return text.length >= 3 ? 3 : 0;
  // No key here is combined with Alt, so an Escape and a key typed right after it are two keys, however close in time.
  return 1;
}

function csiLength(text: string): number {
  // Old mouse report: any three bytes follow. Function keys of the Linux console: one letter.
  if (text[2] === 'M') return text.length >= 6 ? 6 : 0;
  if (text[2] === '[') return text.length >= 4 ? 4 : 0;
  for (let at = 2; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code >= 0x40 && code <= 0x7e) return at + 1;
    if (code < 0x20 || code > 0x7e) return at;
    if (at >= MOST) return at;
  }
  return 0;
}

export class SequenceCutter {
  #pending = '';
  readonly #emit: (sequence: string) => void;
  readonly #later: (action: () => void, ms: number) => () => void;
  #cancel: (() => void) | null = null;

  /** @param later calls back after so many ms; returns a function that cancels the call */
  constructor(emit: (sequence: string) => void, later: (action: () => void, ms: number) => () => void) {
    this.#emit = emit;
    this.#later = later;
  }

  push(text: string): void {
    this.#cancel?.();
    this.#cancel = null;
    this.#pending += text;
    while (this.#pending !== '') {
      const length = sequenceLength(this.#pending);
      if (length === 0) {
        this.#cancel = this.#later(() => this.#flush(), PENDING_MS);
        return;
      }
      const sequence = this.#pending.slice(0, length);
      this.#pending = this.#pending.slice(length);
      this.#emit(sequence);
    }
  }

  /** No more input has arrived: the pending input is a sequence of single keys. */
  #flush(): void {
    this.#cancel = null;
    const rest = this.#pending;
    this.#pending = '';
    const [first = ''] = rest;
    if (first !== '') this.#emit(first);
    if (rest.length > 1) this.push(rest.slice(1));
  }
}
