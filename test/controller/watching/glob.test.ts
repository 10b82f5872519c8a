import fc from 'fast-check';
import {expect, test} from 'vitest';
import {globMatcher} from '../../../src/controller/watching/glob.ts';

/** The equivalent regular expression, which may take time polynomial in the length of the path. */
const byPattern = (pattern: string, below: boolean): RegExp =>
  new RegExp(
    `^${pattern.replace(/\*\*\/|\*\*|[*?.]/g, part => ({'**/': '(?:.*/)?', '**': '.*', '*': '[^/]*', '?': '[^/]', '.': '\\.'})[part] ?? part)}${below ? '(?:/|$)' : '$'}`,
    's',
  );

test('a pattern matches the same paths as the equivalent regular expression', () => {
  const pattern = fc.array(fc.constantFrom('a', 'b', '/', '*', '**', '**/', '?', '.'), {maxLength: 8});
  const path = fc.array(fc.constantFrom('a', 'b', '/', '.', 'ab'), {maxLength: 10});
  fc.assert(
    fc.property(pattern, path, fc.boolean(), (parts, names, below) => {
      const [glob, name] = [parts.join(''), names.join('')];
      expect(globMatcher(glob, below)(name), `${glob} ${name}`).toBe(byPattern(glob, below).test(name));
    }),
    {numRuns: 5000},
  );
});

test('a pattern with many stars takes time linear in the path for each of them', () => {
  expect(globMatcher('*a*a*a*a*a*a*a*a*a*b', false)('a'.repeat(4096))).toBe(false);
});
