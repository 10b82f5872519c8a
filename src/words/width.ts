/** How many columns text takes in a terminal, and cutting it to fit. Time is linear in what is measured. */
import {charactersOf, MOST_UNITS} from './characters.ts';

/** East Asian wide and emoji ranges that matter; all else is one column. */
const WIDE =
  /^[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]|\p{Emoji_Presentation}|\ufe0f/u;
const PLAIN = /^[\x20-\x7e]*$/;
const NOTHING = /^[\p{Mn}\p{Me}\p{Cf}\p{Cc}]+$/u;

/** Of text without control sequences. */
export function widthOf(text: string): number {
  if (PLAIN.test(text)) return text.length;
  let width = 0;
  for (const character of charactersOf(text)) width += widthOfCharacter(character);
  return width;
}

const widthOfCharacter = (character: string): number => (WIDE.test(character) ? 2 : NOTHING.test(character) ? 0 : 1);

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
