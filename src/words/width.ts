/** How many columns text takes in a terminal, and cutting it to fit. */

/** Made when a text needs it: that takes 7 ms. */
let segmenter: Intl.Segmenter | undefined;
const segmentsOf = (text: string): Intl.Segments => (segmenter ??= new Intl.Segmenter()).segment(text);

/** East Asian wide and emoji ranges that matter; all else is one column. */
const WIDE =
  /^[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]|\p{Emoji_Presentation}|\ufe0f/u;
const PLAIN = /^[\x20-\x7e]*$/;
const NOTHING = /^[\p{Mn}\p{Cf}\p{Cc}]+$/u;

/** Of text without control sequences. */
export function widthOf(text: string): number {
  if (PLAIN.test(text)) return text.length;
  let width = 0;
  for (const {segment} of segmentsOf(text)) width += widthOfCharacter(segment);
  return width;
}

const widthOfCharacter = (segment: string): number => (WIDE.test(segment) ? 2 : NOTHING.test(segment) ? 0 : 1);

/** At most `columns` wide; where something was cut off an ellipsis stands for it. */
export function fit(text: string, columns: number): string {
  if (widthOf(text) <= columns) return text;
  if (columns <= 0) return '';
  let width = 0;
  let kept = '';
  for (const {segment} of segmentsOf(text)) {
    width += widthOfCharacter(segment);
    if (width > columns - 1) break;
    kept += segment;
  }
  return kept + '…';
}
