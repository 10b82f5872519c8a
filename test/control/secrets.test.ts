import fc from 'fast-check';
import {expect, test} from 'vitest';
import {maskValue} from '../../src/control/secrets.ts';
import {stepsGrowLinearly} from '../words/growth.ts';

/** What is to be masked, as a pattern; it takes quadratic time. */
const byPattern = (text: string): string => text.replace(/(:\/\/[^/\s:@]*:)[^@\s]+@/g, '$1********@');

test('passwords in URLs are masked, and nothing else', () => {
  expect(maskValue('URL', 'postgres://app:hunter2@db/x redis://:pw@r')).toBe(
    'postgres://app:********@db/x redis://:********@r',
  );
  expect(maskValue('URL', 'http://host:80/ a@b')).toBe('http://host:80/ a@b');
  expect(maskValue('DB_PASSWORD', 'x')).toBe('********');
  const parts = fc.array(fc.constantFrom(':', '/', '@', '://', 'a', 'b', ' ', '\n'), {maxLength: 24});
  fc.assert(
    fc.property(parts, all => {
      const text = all.join('');
      expect(maskValue('X', text)).toBe(byPattern(text));
    }),
    {numRuns: 20_000},
  );
});

test('a long value takes time that grows with its length and no faster', () => {
  for (const piece of ['://:', '://', ':', '://a:b', '://:@', '/', '@', '://a:b@'])
    stepsGrowLinearly(`masking ${piece}`, piece, text => maskValue('LONG', text));
});
