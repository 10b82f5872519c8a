/** Fleet files in which a long thing stands among many, or is written out many times. */
import type {Product} from './target.ts';

const many = (count: number, item: (n: number) => string): string =>
  Array.from({length: Math.max(1, Math.floor(count))}, (_, n) => item(n)).join(', ');

/** Fewer than a list may have. */
const items = (count: number): number => Math.min(19_000, count);
/** Fewer than a fleet may have. */
const workers = (count: number): number => Math.min(9_000, count);

export const fleetProducts: readonly Product[] = [
  {
    name: 'a long name, and many wrong words below it',
    of: bytes => `workers: {${'a'.repeat(bytes / 2)}: {run: a, after: [${many(items(bytes / 8), n => `${n % 10}_`)}]}}`,
  },
  {
    name: 'a long name, and many wrong variables below it',
    of: bytes => `workers: {${'a'.repeat(bytes / 2)}: {run: a, env: {${many(items(bytes / 24), n => `k${n}: []`)}}}}`,
  },
  {
    name: 'a long name among few, and many that are none of them',
    of: bytes =>
      `workers: {w: {run: a, after: [${many(items(bytes / 16), n => `q${n}`)}]}, ${'a'.repeat(bytes / 2)}: {run: a}}`,
  },
  {
    name: 'many long names, and many that are near to none',
    of: bytes => {
      const [known, wrong] = ['abcdefghijklmnopqrstuvwxyz'.repeat(2), 'zyxwvutsrqponmlkjihgfedcba'.repeat(2)];
      const written = many(Math.min(299, bytes / 140), n => `${known}${n}: {run: a}`);
      return `workers: {${written}, w: {run: a, after: [${many(items(bytes / 120), n => `${wrong}${n}`)}]}}`;
    },
  },
  {
    name: 'a long text, and many aliases',
    of: bytes => `x-a: &a ${'y'.repeat(bytes / 2)}\nworkers: {w: {run: [${many(items(bytes / 8), () => '*a')}]}}`,
  },
  {
    name: 'a long text, and many workers with it',
    of: bytes => `x-a: &a ${'y '.repeat(bytes / 4)}\nworkers: {${many(workers(bytes / 32), n => `w${n}: {run: *a}`)}}`,
  },
  {
    name: 'two long keys that differ in their ends, and many merges',
    of: bytes => {
      const key = 'k'.repeat(bytes / 4);
      return `x-m: &m {${key}1: 1}\nx-n: &n {${key}2: 1}\nx: {<<: [${many(items(bytes / 16), n => (n % 2 ? '*m' : '*n'))}]}`;
    },
  },
  {
    name: 'a map with much wrong, and many aliases',
    of: bytes =>
      `x-a: &a {${many(Math.min(30, bytes / 24), n => `k${n}: 1`)}}\nworkers: {${many(workers(bytes / 24), n => `w${n}: *a`)}}`,
  },
  {
    name: 'a long list of names, and many workers with it',
    of: bytes =>
      `x-a: &a [${many(Math.min(30, bytes / 24), n => `q${n}`)}]\nworkers: {${many(workers(bytes / 32), n => `w${n}: {run: a, after: *a}`)}}`,
  },
  {
    name: 'a long chain, and arrows back from each of it',
    of: bytes => {
      const last = Math.floor(workers(bytes / 48));
      const written = many(last, n => `w${n}: {run: a, requires: [w${n + 1}], after: *a}`);
      return `x-a: &a [${many(20, n => `w${n}`)}]\nworkers: {${written}, w${last}: {run: a}}`;
    },
  },
  {
    name: 'a long handle of tags, and many tags',
    of: bytes => `%TAG ! tag:${'x'.repeat(bytes / 2)}\n---\n[${many(items(bytes / 12), () => '!a b')}]`,
  },
  {
    name: 'a long anchor, and many aliases of it',
    of: bytes => {
      const name = 'a'.repeat(bytes / 200);
      return `x: &${name} 1\ny: [${many(99, () => `*${name}`)}]\nz: [${many(99, () => `*b${name}`)}]`;
    },
  },
  {
    name: 'a long line, and many mistakes in it',
    of: bytes => `${'# '.repeat(bytes / 4)}\n[${many(bytes / 8, () => '}')}`,
  },
];
