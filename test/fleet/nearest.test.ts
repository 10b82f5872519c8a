import fc from 'fast-check';
import {expect, test} from 'vitest';
import {nearest} from '../../src/fleet/index.ts';
import {editDistance} from '../../src/fleet/values/nearest.ts';

test.each([
  ['restart', 'restrat', 1],
  ['restart', 'restart', 0],
  ['', 'abc', 3],
  ['stop', 'stpo', 1],
  ['kitten', 'sitting', 3],
])('from %j to %j takes %d edits', (from, to, edits) => {
  expect(editDistance(from, to)).toBe(edits);
});

test('the distance is the same in both directions, and zero only from a word to itself', () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), (a, b) => {
      expect(editDistance(a, b)).toBe(editDistance(b, a));
      expect(editDistance(a, b) === 0).toBe(a === b);
      expect(editDistance(a, b)).toBeLessThanOrEqual(Math.max(a.length, b.length));
    }),
  );
});

test('the nearest word is found despite typing errors and other spelling conventions', () => {
  const keys = ['restart', 'give_up', 'env_file', 'env', 'run'];
  expect(['restrat', 'giveUp', 'give-up', 'Restart', 'envfile', 'rnu'].map(word => nearest(word, keys))).toEqual([
    'restart',
    'give_up',
    'give_up',
    'restart',
    'env_file',
    'run',
  ]);
});

test('a word far from all others gets no suggestion', () => {
  expect(nearest('colour', ['restart', 'run'])).toBeUndefined();
  expect(nearest('x', ['y', 'z'])).toBeUndefined();
  expect(nearest('a'.repeat(100_000), ['a'])).toBeUndefined();
});
