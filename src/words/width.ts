/** How many columns text takes in a terminal, and cutting it to fit. Time is linear in what is measured. */
import {eastAsianWidth} from 'get-east-asian-width';
import {charactersOf, MOST_UNITS} from './characters.ts';

const PLAIN = /^[\x20-\x7e]*$/;
/** Half of a flag. Its width is neutral in UAX 11; terminals draw an emoji. */
const FLAG = /^\p{Regional_Indicator}/u;
/** U+FE0F asks for the emoji of a character that has a plain form, too. */
const PICTURE_FORM = '\ufe0f';
const NOTHING = /^[\p{Mn}\p{Me}\p{Cf}\p{Cc}]+$/u;

/** Of text without control sequences. */
export function widthOf(text: string): number {
  if (PLAIN.test(text)) return text.length;
  let width = 0;
  for (const character of charactersOf(text)) width += widthOfCharacter(character);
  return width;
}

/** The columns of one character as people see it: two where UAX 11 has it wide. */
export function widthOfCharacter(character: string): 0 | 1 | 2 {
  if (NOTHING.test(character)) return 0;
  if (FLAG.test(character) || character.includes(PICTURE_FORM)) return 2;
  return eastAsianWidth(character.codePointAt(0) ?? 0);
}

/** At most `columns` wide; where something was cut off an ellipsis stands for it. */
export function fit(text: string, columns: number): string {
  if (columns <= 0) return '';
  if (text.length <= columns && PLAIN.test(text)) return text;
  let width = 0;
  let end = 0;
  // Ends of what fits with an ellipsis behind it.
  let kept = 0;
  for (const character of charactersOf(text)) {
    width += widthOfCharacter(character);
    end += character.length;
    // Characters without a width have no end.
    if (width > columns || end > (columns + 1) * MOST_UNITS) return text.slice(0, kept) + '…';
    if (width <= columns - 1) kept = end;
  }
  return text;
}
