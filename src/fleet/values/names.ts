/** A name is never a number, so it can't be taken for a pid; it goes into paths, ids and variable names as it is. */
const NAME = /^[A-Za-z][A-Za-z0-9-]{0,62}$/;
const LONGEST = 63;

/** What a name must look like, in words that follow "expected". */
export const NAME_RULE = 'a name of letters, digits and "-" that begins with a letter (at most 63)';

export function isName(text: string): boolean {
  return NAME.test(text);
}

/** The nearest valid name; `fallback` where nothing of it is left. */
export function makeName(text: string, fallback: string): string {
  let name = text
    .replace(/[^A-Za-z0-9-]+/g, '-')
    .replace(/^[^A-Za-z]+/, '')
    .slice(0, LONGEST);
  while (name.endsWith('-')) name = name.slice(0, -1);
  return name === '' ? fallback : name;
}

/** What a channel is called in a variable name: in capitals, `-` as `_`. */
export function variablePart(name: string): string {
  return name.toUpperCase().replaceAll('-', '_');
}
