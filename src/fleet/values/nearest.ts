import {keyLabel} from '../syntax/tree.ts';

/** Longer words are never mistyped keys, and the cost grows with the product of both lengths. */
const LONGEST = 64;

/**
 * Returns the number of letters to insert, delete, change or swap with their neighbour to turn one word into the other
 * (Damerau-Levenshtein distance, each place edited once).
 *
 * @param most - larger distances are returned as Infinity
 */
export function editDistance(from: string, to: string, most = Infinity): number {
  if (Math.abs(from.length - to.length) > most) return Infinity;
  const far = from.length + to.length + 1;
  const codes = new Int32Array(to.length);
  for (let j = 0; j < to.length; j++) codes[j] = to.charCodeAt(j);
  // The last row but one, the last row, and the current row.
  let before = new Int32Array(to.length + 1);
  let last = Int32Array.from({length: to.length + 1}, (_, j) => j);
  let row = new Int32Array(to.length + 1);
  let leastOfLast = 0;
  for (let i = 1; i <= from.length; i++) {
    const code = from.charCodeAt(i - 1);
    const codeBefore = from.charCodeAt(i - 2);
    // Cells further than `most` from the diagonal exceed `most`.
    const begin = Math.max(1, i - most);
    const end = Math.min(to.length, i + most);
    row[begin - 1] = begin === 1 ? i : far;
    let leastOfRow = row[begin - 1] ?? far;
    for (let j = begin; j <= end; j++) {
      const same = codes[j - 1] === code;
      let least = (last[j - 1] ?? far) + (same ? 0 : 1);
      const longer = (last[j] ?? far) + 1;
      if (longer < least) least = longer;
      const shorter = (row[j - 1] ?? far) + 1;
      if (shorter < least) least = shorter;
      if (i > 1 && j > 1 && codes[j - 2] === code && codes[j - 1] === codeBefore) {
        const swapped = (before[j - 2] ?? far) + 1;
        if (swapped < least) least = swapped;
      }
      row[j] = least;
      if (least < leastOfRow) leastOfRow = least;
    }
    if (end < to.length) row[end + 1] = far;
    // A swap skips one row, never two.
    if (leastOfRow > most && leastOfLast > most) return Infinity;
    leastOfLast = leastOfRow;
    [before, last, row] = [last, row, before];
  }
  const distance = last[to.length] ?? far;
  return distance > most ? Infinity : distance;
}

/** Normalizes a word: `giveUp`, `give-up` and `GIVE_UP` differ only in style. */
function plain(word: string): string {
  return word.replace(/[-_ ]/g, '').toLowerCase();
}

/**
 * Returns the word that was probably meant: at most a third of its letters wrong, or its end missing. Undefined if no
 * word is near.
 */
export function nearest(word: string, words: Iterable<string>): string | undefined {
  if (word.length > LONGEST) return undefined;
  const meant = plain(word);
  let best: string | undefined;
  let bestDistance = Infinity;
  const candidates = [...words].filter(({length}) => length <= LONGEST);
  for (const candidate of candidates) {
    const near = plain(candidate);
    const longest = Math.max(meant.length, near.length);
    const allowed = Math.max(1, Math.floor(longest / 3));
    const distance = editDistance(meant, near, Math.min(allowed, bestDistance - 1));
    // A name of one letter is as near to any other as possible, and no help.
    if (distance < longest && distance < bestDistance) [best, bestDistance] = [candidate, distance];
  }
  if (best !== undefined || meant.length < 3) return best;
  const longer = candidates.filter(candidate => plain(candidate).startsWith(meant));
  return longer.length === 1 ? longer[0] : undefined;
}

/** Above this number of words, none is suggested: the time grows with the product of valid and invalid words. */
const MOST_WORDS = 300;

/** Returns the end of a message about an unknown word: the word that was probably meant, or all valid words. */
export function didYouMean(word: string, words: readonly string[]): string {
  const near = words.length > MOST_WORDS ? undefined : nearest(word, words);
  return near === undefined ? oneOf(words) : `did you mean ${near}?`;
}

/** Maximum suggestions of one adviser: more unknown words are not typing errors. */
const MOST_MISTYPED = 50;

/** Like {@link didYouMean}, for all the words of a file that are checked against one list. */
export function adviser(words: readonly string[]): (word: string) => string {
  let looked = 0;
  return word => (looked++ < MOST_MISTYPED ? didYouMean(word, words) : oneOf(words));
}

function oneOf(words: readonly string[]): string {
  if (words.length === 0) return 'there are none';
  const shown = words.length > 40 ? [...words.slice(0, 5), '…'] : words;
  return `expected ${words.length > 1 ? 'one of ' : ''}${shown.map(keyLabel).join(', ')}`;
}
