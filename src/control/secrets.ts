/** Masks values of variables that look like secrets, and passwords in URLs, before they are shown. */

const SECRET =
  /pass(word|wd|phrase)?|pwd|secret|token|credential|(api|access|private|encryption|signing|master|license)_?key|auth/i;
/** `key` as a word of the name: `keyboard` and `monkey` are not secrets. */
const KEY = /(?:^|[^a-z])keys?(?:[^a-z]|$)/i;
/** `Key` as a word of a camel-case name: `encryptionKey`. */
const INNER_KEY = /[a-z\d]Keys?(?:[^a-z]|$)/;
/** Public keys are not secrets, unless another word of the name matches `SECRET`. */
const PUBLIC_KEY = /pub(?:lic|lishable)?[_.-]?key/i;
/** A shell's working directory and the previous one; also as `env.PWD`. */
const FOLDER = /(?:^|\.)(?:OLD)?PWD$/;
const MASK = '********';

function isSecret(name: string): boolean {
  if (FOLDER.test(name)) return false;
  return SECRET.test(name) || ((KEY.test(name) || INNER_KEY.test(name)) && !PUBLIC_KEY.test(name));
}

/** Returns the value of a variable, masked as far as its name or content requires. */
export const maskValue = (name: string, value: string): string => (isSecret(name) ? MASK : maskPasswords(value));

/** Ends a user name; a password follows only after `:`. A user name may be an address that contains `@`. */
const ENDS_USER = /[/\s:]/g;
/** An unencoded password may contain a slash or a quote before its `@` ... */
const ENDS_PASSWORD = /[@\s]/g;
/** ... but after a user name with `@`, the next `@` may belong to a path: `ssh://me@host:22/a@b`. */
const ENDS_AUTHORITY = /[@/\s"'`]/g;
/** Ends the host. A further `@` before that belongs to the password, since a host contains none. */
const ENDS_HOST = /[/\s"'`]/g;

/**
 * Returns the text with the password of each `://user:password@` masked.
 *
 * Scans the text once, from left to right. A pattern that contains both user and password searches for the `@` again
 * from each `://`: 120 KB of `://:` took minutes.
 */
function maskPasswords(text: string): string {
  const endOfUser = placesOf(ENDS_USER, text);
  const endOfPassword = placesOf(ENDS_PASSWORD, text);
  const endOfAuthority = placesOf(ENDS_AUTHORITY, text);
  const endOfHost = placesOf(ENDS_HOST, text);
  const at = placesOf(/@/g, text);
  let masked = '';
  let copied = 0;
  for (let begin = text.indexOf('://'); begin >= 0; begin = text.indexOf('://', begin)) {
    const user = begin + 3;
    begin = endOfUser(user);
    if (text[begin] !== ':') continue;
    const from = begin + 1;
    const first = (at(user) < begin ? endOfAuthority : endOfPassword)(from);
    if (text[first] !== '@') continue;
    const last = text.lastIndexOf('@', endOfHost(first) - 1);
    if (last === from) continue;
    masked += text.slice(copied, from) + MASK;
    copied = last;
    begin = last + 1;
  }
  return masked + text.slice(copied);
}

/**
 * Returns a function that finds the next match of the pattern; `from` must not decrease between calls. The last match
 * is kept, since the end of a candidate that is not a password also ends the candidates that begin before it.
 */
function placesOf(pattern: RegExp, text: string): (from: number) => number {
  let found = -1;
  return from => {
    if (found >= from) return found;
    pattern.lastIndex = from;
    found = pattern.exec(text)?.index ?? text.length;
    return found;
  };
}

export const maskSecrets = (env: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(env).map(([name, value]) => [name, maskValue(name, value)]));

/** Masks the strings of any JSON value in a definition; `name` is the key of the value. */
export function maskDeep(name: string, value: unknown): unknown {
  if (typeof value === 'string') return maskValue(name, value);
  if (Array.isArray(value)) return value.map((item: unknown) => maskDeep('', item));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, maskDeep(key, item)]));
}
