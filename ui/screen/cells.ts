/** From text to cells of a terminal: one or two columns for each character as people see it. */
import {charactersOf} from '../../src/words/characters.ts';

/** East Asian wide and emoji ranges that matter; all else is one column. */
const WIDE =
  /^[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]|^\p{Emoji_Presentation}/u;
/**
 * Texts of nothing but characters that no neighbour joins: Latin, Cyrillic, punctuation, arrows, lines and blocks; kana,
 * ideographs and Hangul, which are wide. To look for what belongs together in them would take a hundred times as long.
 */
const SIMPLE =
  /^[\x20-\x7e\xa0-\xac\xae-\u02ff\u0400-\u0482\u048a-\u052f\u2010-\u2027\u2030-\u205e\u2190-\u21ff\u2500-\u25fc\u3041-\u3096\u30a0-\u30ff\u4e00-\u9fff\uac00-\ud7a3\uff01-\uff60]*$/;
const FIRST_WIDE = 0x3041;
const PLAIN = /^[\x20-\x7e]*$/;
const CONTROL = /[\x00-\x1f\x7f-\x9f]/;
const MARK = /^[\p{Mn}\p{Me}]/u;
/** What turns the direction of writing, or is not seen: a text with it reads otherwise than it is. */
const HIDDEN = /^[\p{Cf}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/u;
/** Half of a pair, private, unassigned: terminals differ in what they make of these. */
const UNDRAWABLE = /^[\p{Cs}\p{Co}\p{Cn}]/u;
const COMBINING = /^[\p{Mn}\p{Me}]$/u;
/** Characters that are looked at of a text, escape sequences and marks included: no screen is so wide. */
export const LONGEST = 8_192;
/** One base character can carry so many marks; more are drawn across neighbours. */
const MOST_MARKS = 2;

const JOINED = /.[\u034f\u200c\u200d\u{e0000}-\u{e0fff}]/su;
const PICTURE = /^\p{Extended_Pictographic}/u;

export interface Cell {
  readonly text: string;
  readonly width: 1 | 2;
}

/**
 * What a terminal may get of one character: no controls, and only what all terminals give the same width. Emoji that are
 * joined or varied are drawn by their first part, whose width is agreed on.
 */
function cellOf(character: string): Cell | null {
  const [base = '', ...rest] = character;
  if (CONTROL.test(base)) return {text: '?', width: 1};
  if (HIDDEN.test(base) || UNDRAWABLE.test(base)) return {text: '?', width: 1};
  if (MARK.test(base)) return null;
  if (WIDE.test(base)) return {text: base, width: 2};
  const marks = rest.filter(mark => COMBINING.test(mark)).slice(0, MOST_MARKS);
  return {text: base + marks.join(''), width: 1};
}

/** The cells of a text without escape sequences. Unprintable bytes become `?`. */
export function* cellsOf(text: string): Generator<Cell> {
  if (SIMPLE.test(text)) {
    for (const character of text) yield {text: character, width: character.charCodeAt(0) < FIRST_WIDE ? 1 : 2};
    return;
  }
  for (const character of charactersOf(text)) {
    const cell = cellOf(character);
    if (cell !== null) yield cell;
    // Joiners are part of the character before them, and are not seen but in emoji.
    if (JOINED.test(character) && !PICTURE.test(character)) yield {text: '?', width: 1};
  }
}

/** Whether each of its characters is one column. */
export const isPlain = (text: string): boolean => PLAIN.test(text);

export function widthOf(text: string): number {
  if (isPlain(text)) return text.length;
  let width = 0;
  // No screen is so wide that more matters.
  for (const cell of cellsOf(text.slice(0, LONGEST))) width += cell.width;
  return width;
}

/** Escape sequences are taken out whole, so that their letters are not shown as text. Tabs are spaces. */
export const unescaped = (text: string): string =>
  CONTROL.test(text)
    ? text
        .replace(
          /\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)?|\x1b[PX^_][^\x1b]*(?:\x1b\\)?|\x1b\[[0-?]*[ -/]*[@-~]?|\x1b[ -/]*[0-~]?/g,
          '',
        )
        .replaceAll('\t', '    ')
    : text;
