/** A name is never a number, so it can't be taken for a pid; paths, ids and variable names contain it unchanged. */
const NAME = /^[A-Za-z][A-Za-z0-9-]{0,62}$/;
const LONGEST = 63;

/** The rule for names, as text that follows "expected". */
export const NAME_RULE = 'a name of letters, digits and "-" that starts with a letter (at most 63 characters)';

export function isName(text: string): boolean {
  return NAME.test(text);
}

/** Returns the nearest valid name, or `fallback` if no valid character is left. */
export function makeName(text: string, fallback: string): string {
  let name = text
    .replace(/[^A-Za-z0-9-]+/g, '-')
    .replace(/^[^A-Za-z]+/, '')
    .slice(0, LONGEST);
  while (name.endsWith('-')) name = name.slice(0, -1);
  return name === '' ? fallback : name;
}

/** Returns the form of a channel's name in variable names: in capitals, `-` as `_`. */
export function variablePart(name: string): string {
  return name.toUpperCase().replaceAll('-', '_');
}
