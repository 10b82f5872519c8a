/**
 * Splits a text into characters as people see them (grapheme clusters, UAX 29), in linear time: the time of
 * Intl.Segmenter of Node 20 grows with the square of the text's length (40,000 characters: seconds), so it gets a short
 * piece at a time.
 */

/** The code units of a piece, and the most of one character: no script has longer characters. */
export const MOST_UNITS = 64;

/** Created on first use: that takes 7 ms. */
let segmenter: Intl.Segmenter | undefined;

export function* charactersOf(text: string): Generator<string, void, void> {
  segmenter ??= new Intl.Segmenter();
  for (let at = 0; at < text.length;) {
    const piece = text.slice(at, endOfPiece(text, at));
    const isLastPiece = at + piece.length === text.length;
    let taken = 0;
    for (const {segment, index} of segmenter.segment(piece)) {
      const end = index + segment.length;
      // The text after the piece may belong to its last character, which therefore begins the next piece.
      if (end === piece.length && index > 0 && !isLastPiece) break;
      yield segment;
      taken = end;
    }
    at += taken;
  }
}

/** Returns the end of a piece, never between the halves of a surrogate pair. */
function endOfPiece(text: string, from: number): number {
  const end = Math.min(text.length, from + MOST_UNITS);
  return end < text.length && isHighSurrogate(text.charCodeAt(end - 1)) ? end - 1 : end;
}

export const isHighSurrogate = (unit: number): boolean => unit >= 0xd800 && unit <= 0xdbff;

/** Returns the beginning of a text: at most `most` code units, without half of a code point. */
export function beginningOf(text: string, most: number): string {
  if (text.length <= most) return text;
  return text.slice(0, most > 0 && isHighSurrogate(text.charCodeAt(most - 1)) ? most - 1 : most);
}
