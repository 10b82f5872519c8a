/**
 * Characters that make a text read differently from its content: they change its direction, are invisible, or pile up.
 * Characters that belong to an emoji stay: a joiner between two emoji, a skin colour, a variation selector.
 */

/** Invisible characters, and those with an effect on others: format controls, line separators, default ignorables. */
const HIDDEN = /^[\p{Cf}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]$/u;
const MARK = /^[\p{Mn}\p{Me}]$/u;
const PICTURE = /^\p{Extended_Pictographic}$/u;
const SKIN = /^\p{Emoji_Modifier}$/u;
const KEY = /^[0-9#*]$/;

/** Lower code points are Latin and similar: none is hidden or a mark, except the soft hyphen. */
const FIRST_OF_INTEREST = 0x300;
const SOFT_HYPHEN = 0xad;
const JOINER = 0x200d;
const TEXT_FORM = 0xfe0e;
const PICTURE_FORM = 0xfe0f;
const KEYCAP = 0x20e3;
/** The most marks on one character: more are drawn across the lines above and below. */
const MOST_MARKS = 4;

/** Checks the characters of one text, from the first to the last. */
export class HiddenCharacters {
  #marks = 0;
  /** 1 if an emoji ends here, 2 if it ends with its variation selector, otherwise 0. */
  #picture: 0 | 1 | 2 = 0;
  #key = false;

  /** Returns the text to show for the code point that ends before `end`, or null to show the code point itself. */
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

  /** Whether the code point is part of an emoji. */
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
