/** Longer words are never mistyped keys, and the distance costs the product of both lengths. */
const LONGEST = 64;

/**
 * How many letters must be put in, left out, changed or swapped with their neighbour to get from one word to the other
 * (Damerau-Levenshtein distance, each place edited once).
 */
export function editDistance(from: string, to: string): number {
  const width = to.length + 1;
  const table = new Array<number>((from.length + 1) * width).fill(0);
  const at = (i: number, j: number) => table[i * width + j] ?? 0;
  for (let i = 0; i <= from.length; i++) {
    for (let j = 0; j <= to.length; j++) {
      if (i === 0 || j === 0) {
        table[i * width + j] = i + j;
        continue;
      }
      const changed = from[i - 1] === to[j - 1] ? 0 : 1;
      let least = Math.min(at(i - 1, j) + 1, at(i, j - 1) + 1, at(i - 1, j - 1) + changed);
      if (i > 1 && j > 1 && from[i - 1] === to[j - 2] && from[i - 2] === to[j - 1]) {
        least = Math.min(least, at(i - 2, j - 2) + 1);
      }
      table[i * width + j] = least;
    }
  }
  return at(from.length, to.length);
}

/** `giveUp`, `give-up` and `GIVE_UP` differ in habit only. */
function plain(word: string): string {
  return word.replace(/[-_ ]/g, '').toLowerCase();
}

/** The word that was probably meant: at most a third of its letters wrong, or its end left off. Undefined where none is near. */
export function nearest(word: string, words: Iterable<string>): string | undefined {
  if (word.length > LONGEST) return undefined;
  const meant = plain(word);
  let best: string | undefined;
  let bestDistance = Infinity;
  for (const candidate of words) {
    const near = plain(candidate);
    if (Math.abs(near.length - meant.length) >= Math.min(bestDistance, LONGEST)) continue;
    const distance = editDistance(meant, near);
    const allowed = Math.max(1, Math.floor(Math.max(meant.length, near.length) / 3));
    // A name of one letter is as near to any other as can be, and no help.
    const related = distance < Math.max(meant.length, near.length);
    if (related && distance <= allowed && distance < bestDistance) [best, bestDistance] = [candidate, distance];
  }
  if (best !== undefined || meant.length < 3) return best;
  const longer = [...words].filter(candidate => plain(candidate).startsWith(meant));
  return longer.length === 1 ? longer[0] : undefined;
}

/** Among more words than these none is looked for: the time grows with the product of right words and wrong ones. */
const MOST_WORDS = 300;

/** The end of a message about a word that is none of these: the one that was meant, or all there are. */
export function didYouMean(word: string, words: readonly string[]): string {
  const near = words.length > MOST_WORDS ? undefined : nearest(word, words);
  if (near !== undefined) return `did you mean ${near}?`;
  if (words.length === 0) return 'there is none';
  const shown = words.length > 40 ? [...words.slice(0, 5), '…'] : words;
  return `expected ${words.length > 1 ? 'one of ' : ''}${shown.join(', ')}`;
}
