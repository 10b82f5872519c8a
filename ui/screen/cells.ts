/** Converts text to terminal cells: one or two columns per user-perceived character. */
import {charactersOf} from '../../src/text/characters.ts';
import {screenText} from '../../src/text/sanitize.ts';
import {widthOfCharacter} from '../../src/text/width.ts';

/**
 * Texts of characters that never combine with neighbours: Latin, Cyrillic, punctuation, arrows, lines and blocks; kana,
 * ideographs and Hangul, which are wide. Segmenting them would take a hundred times as long.
 */
const SIMPLE =
  /^[\x20-\x7e\xa0-\xac\xae-\u02ff\u0400-\u0482\u048a-\u052f\u2010-\u2027\u2030-\u205e\u2190-\u21ff\u2500-\u25fc\u3041-\u3096\u30a0-\u30ff\u4e00-\u9fff\uac00-\ud7a3\uff01-\uff60]*$/;
const FIRST_WIDE = 0x3041;
const PLAIN = /^[\x20-\x7e]*$/;
/** Lone surrogates, private and unassigned characters: terminals differ in how they draw these. */
const UNDRAWABLE = /^[\p{Cc}\p{Cs}\p{Co}\p{Cn}]/u;
/** Marks, without variation selectors: terminals differ in the width of a varied character. */
const COMBINING = /^(?![\ufe00-\ufe0f])[\p{Mn}\p{Me}]$/u;
/** Maximum code units of a text that are processed, including escape sequences and marks: no screen is so wide. */
export const LONGEST = 8_192;
/** Maximum marks on a base character; more are drawn across neighbours. */
const MOST_MARKS = 2;

export interface Cell {
  readonly text: string;
  readonly width: 1 | 2;
}

/**
 * Returns the cell of one character: only text to which all terminals give the same width. Joined or varied emoji are
 * drawn by their first part, whose width all terminals agree on.
 */
function cellOf(character: string): Cell | null {
  const [base = '', ...rest] = character;
  if (UNDRAWABLE.test(base)) return {text: '?', width: 1};
  const width = widthOfCharacter(base);
  if (width !== 1) return width === 0 ? null : {text: base, width};
  const marks = rest.filter(mark => COMBINING.test(mark)).slice(0, MOST_MARKS);
  return {text: base + marks.join(''), width};
}

/** Yields the cells of a text that {@link drawable} has returned. */
export function* cellsOf(text: string): Generator<Cell> {
  if (SIMPLE.test(text)) {
    for (const character of text) yield {text: character, width: character.charCodeAt(0) < FIRST_WIDE ? 1 : 2};
    return;
  }
  for (const character of charactersOf(text)) {
    const cell = cellOf(character);
    if (cell !== null) yield cell;
  }
}

/** Whether each character takes one column. */
export const isPlain = (text: string): boolean => PLAIN.test(text);

/** Returns the number of columns that a text takes when drawn. */
export function widthOf(text: string): number {
  if (isPlain(text)) return text.length;
  let width = 0;
  for (const cell of cellsOf(drawable(text))) width += cell.width;
  return width;
}

/** Sanitizes untrusted text for the screen. Cuts text that is far too long for any screen. */
export function drawable(text: string): string {
  if (isPlain(text)) return text;
  const shown = text.slice(0, LONGEST);
  return SIMPLE.test(shown) ? shown : screenText(shown);
}
