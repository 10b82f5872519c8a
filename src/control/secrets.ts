/** What is never shown: values of variables that look like secrets, and passwords in URLs. */

const SECRET =
  /pass(word|wd|phrase)?|pwd|secret|token|credential|(api|access|private|encryption|signing|master|license)_?key|auth/i;
/** As a word of the name: neither a keyboard nor a monkey is a secret. */
const KEY = /(?:^|[^a-z])keys?(?:[^a-z]|$)/i;
/** The same within `encryptionKey`. */
const INNER_KEY = /[a-z\d]Keys?(?:[^a-z]|$)/;
/** What is given to everybody; another word may still say that there is more in it. */
const PUBLIC_KEY = /pub(?:lic|lishable)?[_.-]?key/i;
/** Where a shell keeps its working directory, and the one before; also as `env.PWD`. */
const FOLDER = /(?:^|\.)(?:OLD)?PWD$/;
const MASK = '********';

function isSecret(name: string): boolean {
  if (FOLDER.test(name)) return false;
  return SECRET.test(name) || ((KEY.test(name) || INNER_KEY.test(name)) && !PUBLIC_KEY.test(name));
}

/** A value of the variable of that name, as it may be shown. */
export const maskValue = (name: string, value: string): string => (isSecret(name) ? MASK : maskPasswords(value));

/** Ends the name of a user: what else may stand there has no password behind it. A name may be an address, with `@` in it. */
const ENDS_USER = /[/\s:]/g;
/** A password that nobody has encoded may hold a slash or a quote before its `@` ... */
const ENDS_PASSWORD = /[@\s]/g;
/** ... but behind a name with `@` in it, the next one may belong to a path: `ssh://me@host:22/a@b`. */
const ENDS_AUTHORITY = /[@/\s"'`]/g;
/** Up to there a further `@` belongs to the password: no host has one. */
const ENDS_HOST = /[/\s"'`]/g;

/**
 * The text with the password of each `://user:password@` masked.
 *
 * It is read once from the left to the right. A pattern with the user and the password in it looks for the `@` again from each
 * `://`: 120 KB of `://:` held up whoever asked it for minutes.
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
 * Where the pattern is met next; asked from places that only grow. What was found is kept, since the end of one password that
 * is none is also the end of those that begin before it.
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

/** The same for any JSON value in a definition; `name` is the key that it has. */
export function maskDeep(name: string, value: unknown): unknown {
  if (typeof value === 'string') return maskValue(name, value);
  if (Array.isArray(value)) return value.map((item: unknown) => maskDeep('', item));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, maskDeep(key, item)]));
}
