/** Patterns of `watch_ignore` beside the regular expressions that say the same. */
import {expect, test} from 'vitest';
import {Glob} from '../../../src/controller/watching/glob.ts';
import {Prng} from '../../simulation/prng.ts';

const asExpression = (pattern: string): string =>
  pattern.replace(/\*\*\/|\*\*|[*?]|[^*?]+/g, part => {
    if (part === '**/') return '(?:[^]*/)?';
    if (part === '**') return '[^]*';
    if (part === '*') return '[^/]*';
    return part === '?' ? '[^/]' : part.replace(/[\\^$.|+()[\]{}]/g, String.raw`\$&`);
  });

test('stand for what they say', () => {
  expect(new Glob('*.log').matches('a.log')).toBe(true);
  expect(new Glob('*.log').matches('a/b.log')).toBe(false);
  expect(new Glob('/s/**/x?.ts').covers('/s/x1.ts')).toBe(true);
  expect(new Glob('/s/**/x?.ts').covers('/s/a/b/x1.ts')).toBe(true);
  expect(new Glob('/s/**/x?.ts').covers('/s/a/bx1.ts')).toBe(false);
  expect(new Glob('/s/gen').covers('/s/gen/a/b')).toBe(true);
  expect(new Glob('/s/gen').covers('/s/gene')).toBe(false);
  expect(new Glob('').matches('')).toBe(true);
});

test('mean what a regular expression made of them means', () => {
  const seed = Number(process.env['SEED'] ?? Date.now() % 1_000_000_000);
  const random = new Prng(seed);
  const made = (pieces: readonly string[], most: number): string =>
    Array.from({length: random.int(most)}, () => random.pick(pieces)).join('');
  for (let n = 0; n < 20_000; n++) {
    const pattern = made(['*', '**', '**/', '?', 'a', 'b', '/', '.'], 7);
    const text = made(['a', 'b', '/', '.', '\n'], 9);
    const glob = new Glob(pattern);
    const said = `SEED=${seed}: ${JSON.stringify([pattern, text])}`;
    expect(glob.matches(text), said).toBe(new RegExp(`^${asExpression(pattern)}$`).test(text));
    expect(glob.covers(text), said).toBe(new RegExp(`^${asExpression(pattern)}(?:/|$)`).test(text));
    // The same once more: nothing of an earlier text is left in it.
    expect(glob.matches(text), said).toBe(new RegExp(`^${asExpression(pattern)}$`).test(text));
  }
});
