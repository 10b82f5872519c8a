/** From text to cells of a terminal: one or two columns for each character as people see it. */

let segmenter: Intl.Segmenter | undefined;

/** East Asian wide and emoji ranges that matter; all else is one column. */
const WIDE =
  /^[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]|^\p{Emoji_Presentation}/u;
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
  if (PLAIN.test(text)) {
    for (const character of text) yield {text: character, width: 1};
    return;
  }
  segmenter ??= new Intl.Segmenter();
  for (const {segment} of segmenter.segment(text)) {
    const cell = cellOf(segment);
    if (cell !== null) yield cell;
  }
}

export function widthOf(text: string): number {
  if (PLAIN.test(text)) return text.length;
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
