/**
 * What comes from a terminal's keyboard and mouse, cut into single sequences. A read may hold several of them, or the first
 * half of one; Escape alone is told from the beginning of a sequence by what follows soon, or does not.
 */

/** Nothing that a terminal sends pauses that long in the middle. */
export const PENDING_MS = 30;
/** A paste without end or a broken terminal: what is longer is no sequence. */
const MOST = 64;

const ESC = '\x1b';

const characterLength = (text: string, at: number): number => ((text.codePointAt(at) ?? 0) > 0xffff ? 2 : 1);

/** How long the sequence at the beginning is; 0: it is not finished yet. */
function sequenceLength(text: string): number {
  if (text[0] !== ESC) return characterLength(text, 0);
  const second = text[1];
  if (second === undefined) return 0;
  if (second === '[') return csiLength(text);
  if (second === 'O') return text.length >= 3 ? 3 : 0;
  // No key here is one with Alt, so that an Escape and what is typed at once after it are two keys, however fast they come.
  return 1;
}

function csiLength(text: string): number {
  // The old mouse report: three bytes follow that may be anything. The Linux console's function keys: one letter.
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

  /** @param later calls back after so many ms; answers what takes that back */
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

  /** Nothing more has come: what is there was meant as it is, a key at a time. */
  #flush(): void {
    this.#cancel = null;
    const rest = this.#pending;
    this.#pending = '';
    const [first = ''] = rest;
    if (first !== '') this.#emit(first);
    if (rest.length > 1) this.push(rest.slice(1));
  }
}
