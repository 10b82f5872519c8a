import {describe, expect, test} from 'vitest';
import {formatProblem, parseFleetText} from '../../src/fleet/index.ts';
import {check, errorsOf, workerText} from './check.ts';

describe('errors in a fleet file', () => {
  test('are reported all at once, each with its place and the right spelling', async () => {
    const text =
      'fleet: t\nworkers:\n  w:\n    run: sleep 1000\n    restrat: always\n    stop: {timeout: soon}\n  v:\n    run: sleep 1000\n    after: [nobody]\n';
    const {fleet, problems} = await parseFleetText(text, {file: 'brood.yaml', dir: '/srv'});
    expect(fleet).toBeNull();
    expect(problems.map(formatProblem)).toEqual([
      'brood.yaml:5:5: unknown key restrat in w: did you mean restart?',
      'brood.yaml:6:21: w.stop.timeout: "soon": expected a duration such as 500ms, 10s, 5m, 1h or 7d',
      'brood.yaml:9:13: v.after: nobody is not a worker: expected one of w, v',
    ]);
  });

  test('come in the order of the file, together with notes', async () => {
    const {problems} = await parseFleetText(
      'channels: {a: {lock: 1}}\nworkers:\n  w: {instances: x, run: a}\nzzz: 1\n',
      {file: 'f', dir: '/'},
    );
    expect(problems.map(({severity, line, column}) => [severity, line, column])).toEqual([
      ['note', 1, 16],
      ['error', 1, 22],
      ['error', 3, 18],
      ['error', 4, 1],
    ]);
  });

  test('count columns and lines as editors do, with CRLF and beyond ASCII', async () => {
    const {errors} = await check('workers:\r\n  w:\r\n    {run: a, env: {Ä: "ö"}, nice: x}\r\n');
    expect(errors).toEqual(['3:35: w.nice: expected a whole number from -20 to 19, such as 5, found "x"']);
  });

  test('quote a short part of the text, without control characters', async () => {
    const [error = ''] = await errorsOf(`restart: "${'x'.repeat(500)}\\e[31m"`);
    expect(error.length).toBeLessThan(200);
    const [escape = ''] = await errorsOf('restart: "\\e[31m"');
    expect(escape).toContain('\\u001b[31m');
  });
});

test("a name from the file can't control the terminal or fill the screen", async () => {
  const {errors} = await check(`workers: {"\\e[2J\u202e": {run: a, nice: x}, ${'y'.repeat(5000)}: {run: b, nice: x}}`);
  expect(errors).toHaveLength(4);
  expect(errors.join('')).not.toMatch(/[\p{Cc}\u202e]/u);
  for (const error of errors) expect(error.length).toBeLessThan(620);
});

describe('a file with thousands of errors', () => {
  const wrong = Array.from({length: 3_000}, (_, i) => `${i}_`).join(', ');

  test('is not checked to its end, which is reported', async () => {
    const {problems} = await parseFleetText(`workers: {w: {run: a, after: [${wrong}]}}`, {file: 'f', dir: '/'});
    expect(problems).toHaveLength(1_001);
    expect(problems.at(-1)?.message).toMatch(
      /^stopped after 1000 errors: fix them first; the rest of the file was not checked/,
    );
    expect(problems.at(-2)?.message).toContain('w.after[999]');
  });

  test('has messages that contain only the beginning of a long key, at any place', async () => {
    const key = 'k'.repeat(50_000);
    const text = `workers: {${key}: {run: a, after: [1_], env: {${key}: []}}}\ngroups: {${key}: {members: [${key}]}}\n`;
    const {problems} = await parseFleetText(text, {file: 'f', dir: '/'});
    expect(problems.length).toBeGreaterThan(5);
    for (const {message} of problems) expect(message.length).toBeLessThan(500);
  });

  test('keeps its fleet if these are notes', async () => {
    const workers = Array.from({length: 3_000}, (_, i) => `w${i}: *w`).join(', ');
    const {fleet, notes} = await check(`x-w: &w {run: a, cwd: ~/a}\nworkers: {${workers}}`);
    expect(fleet?.workers).toHaveLength(3_000);
    expect(notes).toHaveLength(1_001);
    expect(notes.at(-1)).toContain('2000 more notes omitted');
  });
});

describe('an unknown key', () => {
  test.each([
    ['restrat: x', 'did you mean restart?'],
    ['giveUp: {}', 'did you mean give_up?'],
    ['env-file: x', 'did you mean env_file?'],
    ['memory: 5MiB', 'it belongs under limits: (write limits: {memory: …})'],
    ['max_size: 5MiB', 'it belongs under logs:'],
    ['tcp: 80', 'it belongs under ready:'],
    ['colour: red', 'expected one of run, sh, cwd'],
    ['stop: {signals: TERM}', 'did you mean signal?'],
    ['"\\e": 1', 'unknown key \\u001b'],
    ['constructor: 1', 'unknown key constructor'],
    ['__proto__: {}', 'unknown key __proto__'],
  ])('%s', async (line, said) => {
    const errors = await errorsOf(line);
    expect(errors).toEqual([expect.stringContaining(said)]);
  });

  test('does not include one that starts with x-, a place for anchors', async () => {
    const {errors} = await check(`x-notes: {any: thing}\n${workerText('run: a')}`);
    expect(errors).toEqual([]);
  });
});

describe('the whole file', () => {
  test.each([
    ['', '1:1: the file is empty: write workers: {web: {run: node server.js}}'],
    ['# nothing\n', '1:1: the file is empty'],
    ['---\n', 'the file is empty'],
    ['fleet: t\n', '1:1: workers is missing: expected a map from names to workers'],
    [
      'workers:\n',
      '1:1: workers: expected a map from names to workers, such as {web: {run: node server.js}}, found nothing',
    ],
    ['workers: [a]\n', '1:10: workers: expected a map'],
    ['workers: {w: }\n', '1:11: w: expected a map such as {run: [node, server.js]'],
    ['just text', '1:1: the file: expected a map such as'],
    ['[1]', '1:1: the file: expected a map'],
    ['fleet: 9\nworkers: {}', '1:8: fleet: expected a name of letters'],
    ['workers: {9x: {run: a}}', '1:11: workers.9x: expected a name of letters'],
    ['workers: {a_b: {run: a}}', 'expected a name of letters'],
  ])('%j', async (text, said) => {
    const {errors} = await check(text);
    expect(errors.join('\n')).toContain(said);
    expect(errors).toHaveLength(1);
  });

  test('may have no worker if it says so explicitly, and is named after its folder', async () => {
    expect((await check('workers: {}')).fleet).toEqual({
      name: 'shop',
      file: 'f',
      dir: '/srv/shop',
      workers: [],
      groups: [],
      channels: [],
    });
  });

  test('may have ten thousand instances and no more', async () => {
    const text = (more: number) => `workers: {a: {run: a, instances: 9999}, b: {run: b, instances: ${more}}}`;
    expect((await check(text(1))).errors).toEqual([]);
    expect((await check(text(2))).errors).toEqual([
      expect.stringContaining('1:64: b: exceeds the maximum of 10000 instances'),
    ]);
  });
});
