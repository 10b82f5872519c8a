/** What is never shown: values of variables that look like secrets, and passwords in URLs. */

const SECRET = /pass(word|wd|phrase)?|secret|token|credential|api_?key|private_?key|auth/i;
const MASK = '********';

/** A value of the variable of that name, as it may be shown. */
export const maskValue = (name: string, value: string): string => (SECRET.test(name) ? MASK : maskPasswords(value));

/** Ends the name of a user: what else may stand there has no password behind it. */
const ENDS_USER = /[/\s:@]/;
const ENDS_PASSWORD = /[@\s]/;

/**
 * The text with the password of each `://user:password@` masked.
 *
 * It is read once from the left to the right. A pattern with the user and the password in it looks for the `@` again from each
 * `://`: 120 KB of `://:` held up whoever asked it for minutes.
 */
function maskPasswords(text: string): string {
  let masked = '';
  let copied = 0;
  let end = 0;
  for (let at = text.indexOf('://'); at >= 0; at = text.indexOf('://', at)) {
    at = indexFrom(text, ENDS_USER, at + 3);
    if (text[at] !== ':') continue;
    const from = at + 1;
    // The end of one password that is none is also the end of those that begin before it.
    if (end < from) end = indexFrom(text, ENDS_PASSWORD, from);
    if (end === from || text[end] !== '@') continue;
    masked += text.slice(copied, from) + MASK;
    copied = end;
    at = end + 1;
  }
  return masked + text.slice(copied);
}

function indexFrom(text: string, what: RegExp, from: number): number {
  let at = from;
  while (at < text.length && !what.test(text.charAt(at))) at++;
  return at;
}

export const maskSecrets = (env: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(env).map(([name, value]) => [name, maskValue(name, value)]));

/** The same for any JSON value in a definition; `name` is the key that it has. */
export function maskDeep(name: string, value: unknown): unknown {
  if (typeof value === 'string') return maskValue(name, value);
  if (Array.isArray(value)) return value.map((item: unknown) => maskDeep('', item));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, maskDeep(key, item)]));
}
