/** Measures the columns of a text in a terminal, and cuts it to fit. The time is linear in the measured length. */
import {eastAsianWidth} from 'get-east-asian-width';
import {charactersOf, MOST_UNITS} from './characters.ts';

const PLAIN = /^[\x20-\x7e]*$/;
/** Half of a flag: neutral width in UAX 11, but terminals draw an emoji. */
const FLAG = /^\p{Regional_Indicator}/u;
/** U+FE0F selects the emoji form of a character that also has a plain form. */
const PICTURE_FORM = '\ufe0f';
const NOTHING = /^[\p{Mn}\p{Me}\p{Cf}\p{Cc}]+$/u;

/** Returns the width of a text without control sequences. */
export function widthOf(text: string): number {
  if (PLAIN.test(text)) return text.length;
  let width = 0;
  for (const character of charactersOf(text)) width += widthOfCharacter(character);
  return width;
}

/** Returns the columns of one character as people see it: two for an emoji form or a wide character of UAX 11. */
export function widthOfCharacter(character: string): 0 | 1 | 2 {
  if (NOTHING.test(character)) return 0;
  if (FLAG.test(character) || character.includes(PICTURE_FORM)) return 2;
  return eastAsianWidth(character.codePointAt(0) ?? 0);
}

/** Cuts a text to at most `columns` columns; an ellipsis replaces the removed end. */
export function fit(text: string, columns: number): string {
  if (columns <= 0) return '';
  if (text.length <= columns && PLAIN.test(text)) return text;
  let width = 0;
  let end = 0;
  // The end of the text that fits with an ellipsis behind it.
  let kept = 0;
  for (const character of charactersOf(text)) {
    width += widthOfCharacter(character);
    end += character.length;
    // Characters of zero width never exceed the columns, so the length has a limit, too.
    if (width > columns || end > (columns + 1) * MOST_UNITS) return text.slice(0, kept) + '…';
    if (width <= columns - 1) kept = end;
  }
  return text;
}
