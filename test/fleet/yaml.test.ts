import {describe, expect, test} from 'vitest';
import {check, workerText} from './check.ts';

describe('YAML', () => {
  test('anchors, aliases and merge keys work as usual', async () => {
    const {fleet, errors} = await check(`
x-env: &env {A: 1, B: 2}
x-base: &base {restart: never, nice: 3}
x-more: &more {nice: 9, umask: "022"}
workers:
  a: &a
    run: &run [sleep, 9]
    <<: *base
    nice: 5
    env: {<<: *env, B: 3}
  b:
    <<: [*base, *more]
    run: *run
  c: {<<: *a, instances: 2}
`);
    expect(errors).toEqual([]);
    expect(fleet?.workers).toMatchObject([
      {name: 'a', restart: 'never', nice: 5, env: {A: '1', B: '3'}},
      {name: 'b', restart: 'never', nice: 3, umask: 0o22, argv: ['sleep', '9']},
      {name: 'c', restart: 'never', nice: 5, instances: 2, argv: ['sleep', '9']},
    ]);
  });

  test('an error in an anchor is reported at its place in the anchor, once for each worker', async () => {
    const {errors} = await check(`
x-stop: &stop {timeout: 5}
workers:
  a: {run: a, stop: *stop}
  b: {run: b, stop: *stop}
`);
    expect(errors.map(error => error.slice(0, 5))).toEqual(['2:25:', '2:25:']);
    expect(new Set(errors.map(error => error.slice(6, 7)))).toEqual(new Set(['a', 'b']));
  });

  test.each([
    ['a: *nobody', '1:4: no anchor &nobody before this alias'],
    ['a: &a [*a]', '1:8: alias *a is inside its own anchor'],
    ['<<: 5', '1:5: <<: expected a map such as *name'],
    ['workers: {}\nworkers: {}', '2:1: duplicate key "workers": first on line 1'],
    ['workers: {}\n---\nworkers: {}\n', '2:1: a second document'],
    ['workers: {a: [}', '1:'],
    ['a: "x', '1:6: YAML: missing closing "quote'],
    ['workers:\n\ta: 1', '2:1: YAML: tabs'],
    ['workers: !!set {a}', 'YAML: unresolved tag'],
    ['workers: !mine {}', '1:10: YAML: unresolved tag: !mine'],
    ['? [a]\n: b', '1:3: expected a word as the key'],
    ['workers: {"": {run: a}}', '1:11: expected a word as the key'],
    ['a: b\u0007', '1:5: a control character (0x07)'],
    ['\u0002workers: {}', '1:1: a control character'],
  ])('%j is rejected at its place', async (text, said) => {
    const {errors} = await check(text);
    expect(errors.join('\n')).toContain(said);
  });

  test('a duplicate key is reported beside all other errors', async () => {
    expect((await check(workerText('run: a', 'nice: 1', 'nice: 2', 'zzz: 1'))).errors).toEqual([
      '5:5: duplicate key "nice": first on line 4',
      expect.stringContaining('6:5: unknown key zzz'),
    ]);
  });

  test('a quoted << is an ordinary key', async () => {
    expect((await check('"<<": {}\nworkers: {}')).errors).toEqual([expect.stringContaining('1:1: unknown key <<')]);
  });
});

describe('a hostile file', () => {
  const MEGABYTE = 2 ** 20;

  test.each(['[', '- ', '{a: ', '? ', '- - ', 'a: [', '[{'])('of %j repeated is nested too deeply', async part => {
    const {errors} = await check(part.repeat(MEGABYTE / 8 / part.length));
    expect(errors).toHaveLength(1);
    expect(errors[0]).toMatch(/nested more than 64 levels|YAML: /);
  });

  test('of increasing indentation is nested too deeply', async () => {
    const text = Array.from({length: 500}, (_, depth) => `${' '.repeat(depth)}a:\n`).join('');
    expect((await check(text)).errors).toEqual([
      '64:65: is nested more than 64 levels deep: a fleet file needs only six',
    ]);
  });

  test('of aliases of aliases is rejected before they are expanded', async () => {
    const lines = Array.from({length: 30}, (_, i) => `x-${i}: &l${i} [${`*l${i - 1},`.repeat(10)}]`);
    lines[0] = 'x-0: &l0 [lol]';
    const {errors} = await check(`${lines.join('\n')}\nworkers: {}\n`);
    expect(errors).toEqual([expect.stringContaining('aliases expand this file to more than 300000 values')]);
  });

  test.each([
    ['a flow list', `workers: {a: {run: x, after: [${'b,'.repeat(400_000)}b]}}`],
    ['a list', `workers:\n  a:\n    after:\n${'    - b\n'.repeat(100_000)}`],
    ['a map', `workers: {a: {run: x, env: {${Array.from({length: 80_000}, (_, i) => `b${i}: c`).join(',')}}}}`],
  ])('of %s with too many items is rejected while it is parsed', async (_what, text) => {
    const {errors} = await check(text);
    expect(errors).toEqual([expect.stringContaining('a list or map with more than 20000 items')]);
  });

  test('of too many values is rejected while it is parsed', async () => {
    expect((await check('""'.repeat(500_000))).errors).toEqual([expect.stringContaining('more than 300000 values')]);
  });

  test('of merges of merges is rejected', async () => {
    const lines = Array.from({length: 3000}, (_, i) => `x-${i}: &m${i} {<<: *m${i - 1}, k${i}: 1}`);
    lines[0] = 'x-0: &m0 {a: 1}';
    const {errors} = await check(`${lines.join('\n')}\nworkers: {}\n`);
    expect(errors).toEqual([expect.stringContaining('more than 300000 values')]);
  });

  test('of repeated long text is rejected at the alias that exceeds the limit', async () => {
    const long = 'y'.repeat(50_000);
    const {errors} = await check(`x-a: &a ${long}\nx-r: &r [${'*a,'.repeat(18_000)}]\nworkers: {w: {run: *r}}\n`);
    expect(errors).toEqual([
      expect.stringMatching(
        /^2:\d+: aliases expand this file to more than 4 MiB of text: \*a expands to 50000 characters$/,
      ),
    ]);
    const keys = await check(`x-a: &a {${long}: 1}\nx-r: [${'{<<: *a},'.repeat(100)}]\nworkers: {w: {run: a}}\n`);
    expect(keys.errors).toEqual([expect.stringContaining('more than 4 MiB of text')]);
  });

  test('of too many workers is rejected at the first beyond the limit', async () => {
    const text = `x-w: &w {run: a}\nworkers:\n${Array.from({length: 10_001}, (_, i) => `  w${i}: *w\n`).join('')}`;
    expect((await check(text)).errors).toEqual([
      expect.stringContaining('10003:3: w10000: exceeds the maximum of 10000'),
    ]);
  });
});
