/**
 * Characters that make a text read otherwise than it is: they turn its direction, are not seen, or pile up. What belongs to
 * the emoji before it stays: a joiner between two of them, a skin colour, a variation selector.
 */

/** Not seen or of effect on others: format controls, separators of lines, what is drawn as nothing by default. */
const HIDDEN = /^[\p{Cf}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]$/u;
const MARK = /^[\p{Mn}\p{Me}]$/u;
const PICTURE = /^\p{Extended_Pictographic}$/u;
const SKIN = /^\p{Emoji_Modifier}$/u;
const KEY = /^[0-9#*]$/;

/** Latin and what is like it: neither hidden nor a mark, but for the soft hyphen. */
const FIRST_OF_INTEREST = 0x300;
const SOFT_HYPHEN = 0xad;
const JOINER = 0x200d;
const TEXT_FORM = 0xfe0e;
const PICTURE_FORM = 0xfe0f;
const KEYCAP = 0x20e3;
/** On one character; more are drawn across the lines above and below. */
const MOST_MARKS = 4;

/** Looks at the characters of one text, from the first to the last. */
export class HiddenCharacters {
  #marks = 0;
  /** Whether an emoji ends here: 1; with its variation selector: 2. */
  #picture: 0 | 1 | 2 = 0;
  #key = false;

  /** What is to be shown for the code point that ends before `end`; null: itself. */
  shownFor(code: number, text: string, end: number): string | null {
    if (code < FIRST_OF_INTEREST && code !== SOFT_HYPHEN) {
      this.#marks = 0;
      this.#picture = 0;
      this.#key = code < 0x40 && KEY.test(String.fromCharCode(code));
      return null;
    }
    const key = this.#key;
    this.#key = false;
    if (code >= 0xd800 && code <= 0xdfff) {
      this.#marks = 0;
      this.#picture = 0;
      return '\ufffd';
    }
    const character = String.fromCodePoint(code);
    if (HIDDEN.test(character)) return this.#belongs(code, key, text, end) ? null : numberOf(code);
    if (MARK.test(character)) return ++this.#marks > MOST_MARKS ? '' : null;
    this.#marks = 0;
    if (PICTURE.test(character)) this.#picture = 1;
    else if (!SKIN.test(character)) this.#picture = 0;
    return null;
  }

  /** Whether it is part of an emoji. */
  #belongs(code: number, key: boolean, text: string, end: number): boolean {
    const next = text.codePointAt(end) ?? 0;
    const picture = this.#picture;
    this.#picture = 0;
    if (code === PICTURE_FORM && key) return next === KEYCAP;
    if (code === PICTURE_FORM || code === TEXT_FORM) {
      if (picture === 1) this.#picture = 2;
      return picture === 1;
    }
    return code === JOINER && picture > 0 && PICTURE.test(String.fromCodePoint(next));
  }
}

/** `<U+202E>` */
const numberOf = (code: number): string => `<U+${code.toString(16).toUpperCase().padStart(4, '0')}>`;
