/** Formats names for a sentence: the first few, and the number of the others. */

const MOST_NAMED = 3;

export function listed(ids: readonly string[]): string {
  const named = ids.slice(0, MOST_NAMED);
  const more = ids.length - named.length;
  return named.join(', ') + (more > 0 ? ` and ${more} more` : '');
}
