/** What is never shown: values of variables that look like secrets, and passwords in URLs. */

const SECRET = /pass(word|wd|phrase)?|secret|token|credential|api_?key|private_?key|auth/i;
const MASK = '********';

/** A value of the variable of that name, as it may be shown. */
export const maskValue = (name: string, value: string): string =>
  SECRET.test(name) ? MASK : value.replace(/(:\/\/[^/\s:@]*:)[^@\s]+@/g, `$1${MASK}@`);

export const maskSecrets = (env: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(env).map(([name, value]) => [name, maskValue(name, value)]));

/** The same for any JSON value in a definition; `name` is the key that it has. */
export function maskDeep(name: string, value: unknown): unknown {
  if (typeof value === 'string') return maskValue(name, value);
  if (Array.isArray(value)) return value.map((item: unknown) => maskDeep('', item));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, maskDeep(key, item)]));
}
