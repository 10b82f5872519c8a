/** From text to cells of a terminal: one or two columns for each character as people see it. */

let segmenter: Intl.Segmenter | undefined;

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
const INVISIBLE = /^[\p{Mn}\p{Me}\p{Cf}\p{Cc}\p{Zl}\p{Zp}]/u;
/** Half of a pair, private, unassigned: terminals differ in what they make of these. */
const UNDRAWABLE = /^[\p{Cs}\p{Co}\p{Cn}]/u;
const COMBINING = /^[\p{Mn}\p{Me}]$/u;
/** One base character can carry so many marks; more are drawn across neighbours. */
const MOST_MARKS = 2;

export interface Cell {
  readonly text: string;
  readonly width: 1 | 2;
}

/**
 * What a terminal may get of one character: no controls, and only what all terminals give the same width. Emoji that are
 * joined or varied are drawn by their first part, whose width is agreed on.
 */
function cellOf(segment: string): Cell | null {
  const [base = '', ...rest] = segment;
  if (CONTROL.test(base)) return {text: '?', width: 1};
  if (INVISIBLE.test(base)) return null;
  if (UNDRAWABLE.test(base)) return {text: '?', width: 1};
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
  segmenter ??= new Intl.Segmenter();
  for (const {segment} of segmenter.segment(text)) {
    const cell = cellOf(segment);
    if (cell !== null) yield cell;
  }
}

/** Whether each of its characters is one column. */
export const isPlain = (text: string): boolean => PLAIN.test(text);

export function widthOf(text: string): number {
  if (isPlain(text)) return text.length;
  let width = 0;
  for (const cell of cellsOf(text)) width += cell.width;
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
