import fc from 'fast-check';
import {expect, test} from 'vitest';
import {globMatcher} from '../../../src/controller/watching/glob.ts';

/** The same as a regular expression, which may take a time that grows with a power of the path's length. */
const byPattern = (pattern: string, below: boolean): RegExp =>
  new RegExp(
    `^${pattern.replace(/\*\*\/|\*\*|[*?.]/g, part => ({'**/': '(?:.*/)?', '**': '.*', '*': '[^/]*', '?': '[^/]', '.': '\\.'})[part] ?? part)}${below ? '(?:/|$)' : '$'}`,
    's',
  );

test('a pattern matches what its regular expression would match', () => {
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

test('many stars take no longer than the path for each of them', () => {
  expect(globMatcher('*a*a*a*a*a*a*a*a*a*b', false)('a'.repeat(4096))).toBe(false);
});
