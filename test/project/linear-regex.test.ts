import {expect, test} from 'vitest';
// The rule is plain JavaScript, since ESLint loads it as it is.
// @ts-expect-error it has no types
import {faultOf as untyped} from '../../lint/linear-regex.mjs';

const faultOf = untyped as (pattern: string, flags: string) => string | null;

test('patterns that may take more than linear time are rejected, and others are not', () => {
  const refused: readonly (readonly [RegExp, string])[] = [
    [/(a+)*b/, 'nested'],
    [/^(?:x|y+)*$/, 'nested'],
    [/^(\S+) -c .* brood-anchor .* (\S+) /s, 'overlapping'],
    [/^\s*(.*?)\s*$/s, 'overlapping'],
    [/\s+$/, 'restarting'],
    [/(:\/\/[^/\s:@]*:)[^@\s]+@/g, 'restarting'],
    [/ brood-anchor .* --launch/s, 'restarting'],
    [/\w*(error|exception)\b/i, 'restarting'],
    [/^\s+x/m, 'restarting'],
  ];
  for (const [{source, flags}, fault] of refused) expect(faultOf(source, flags), source).toBe(fault);
  for (const {source, flags} of [
    /^\d+ (\d+)$/,
    /\s+/g,
    /^(.+)\.(\d+)$/,
    /QSIZE:(\d+)/,
    /\b[0-9a-f]{8,}\b/,
    /^\s*(#.*)?$/s,
  ])
    expect(faultOf(source, flags), source).toBeNull();
});
