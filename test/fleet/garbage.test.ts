import fc from 'fast-check';
import {expect, test} from 'vitest';
import {parseFleetText, type ParsedFleet} from '../../src/fleet/index.ts';
import {EXAMPLE} from './example.ts';

/** Checks that a result has either a fleet or errors, with problems in order and at places within the text. */
function expectSane(text: string, {fleet, problems}: ParsedFleet): void {
  expect(fleet === null).toBe(problems.some(({severity}) => severity === 'error'));
  const lines = text.replace(/^\uFEFF/, '').split('\n');
  let last: readonly [number, number] = [0, 0];
  for (const {line, column, message} of problems) {
    expect(line).toBeGreaterThanOrEqual(1);
    expect(line).toBeLessThanOrEqual(lines.length);
    expect(column).toBeGreaterThanOrEqual(1);
    expect(column).toBeLessThanOrEqual(lines[line - 1]!.length + 1);
    expect(line > last[0] || (line === last[0] && column >= last[1])).toBe(true);
    expect(message).not.toMatch(/undefined|NaN|\[object|function/);
    expect(message).not.toMatch(/[\u0000-\u001f]/);
    last = [line, column];
  }
}

const options = {file: 'f', dir: '/srv', root: true, cpus: 2};
const PIECES = [
  ...[
    '\n',
    '\n  ',
    '\n    ',
    ' ',
    ': ',
    '- ',
    '[',
    ']',
    '{',
    '}',
    ',',
    '"',
    "'",
    '|',
    '>',
    '&a ',
    '*a',
    '<<: ',
    '!!str ',
    '? ',
  ],
  ...[
    'workers',
    'w',
    'run',
    'sh',
    'ready',
    'after',
    'groups',
    'members',
    'channels',
    'pipe',
    'from',
    'queue',
    'env',
    'stop',
  ],
  ...['true', '5', '10s', '~', '#', '---', '%', '\t', '\r\n', '\uFEFF', '\0', 'é', '\u2028', '__proto__', '\ud800'],
];

test('any text results in problems within the file, never in an exception', async () => {
  const text = fc.oneof(
    fc.string({unit: fc.constantFrom(...PIECES), maxLength: 60}),
    fc.string({unit: 'binary', maxLength: 200}),
  );
  await fc.assert(
    fc.asyncProperty(text, fc.constantFrom('yaml', 'procfile'), async (garbage, format) => {
      expectSane(garbage, await parseFleetText(garbage, {...options, format}));
    }),
    {numRuns: 1500},
  );
});

test('a valid file with any change is still valid, or its problems are within the text', async () => {
  const change = fc.record({at: fc.nat(EXAMPLE.length), cut: fc.nat(12), put: fc.constantFrom('', ...PIECES)});
  await fc.assert(
    fc.asyncProperty(fc.array(change, {minLength: 1, maxLength: 3}), async changes => {
      const text = changes.reduce((now, {at, cut, put}) => now.slice(0, at) + put + now.slice(at + cut), EXAMPLE);
      expectSane(text, await parseFleetText(text, options));
    }),
    {numRuns: 700},
  );
});

test('any JSON is parsed, since JSON is YAML', async () => {
  const keys = fc.constantFrom(
    'fleet',
    'workers',
    'w',
    'v',
    'run',
    'after',
    'groups',
    'members',
    'env',
    'ready',
    'tcp',
    'stop',
  );
  const {tree} = fc.letrec(tie => ({
    tree: fc.oneof(
      {depthSize: 'small'},
      fc.constantFrom('w', 'v', '10s', 'a b', 3, -1, 0.5, true, null),
      fc.array(tie('tree'), {maxLength: 3}),
      fc.dictionary(keys, tie('tree'), {maxKeys: 5}),
    ),
  }));
  await fc.assert(
    fc.asyncProperty(fc.dictionary(keys, tree), async value => {
      const text = JSON.stringify(value);
      const parsed = await parseFleetText(text, options);
      expectSane(text, parsed);
      for (const {message} of parsed.problems) expect(message).not.toContain('YAML:');
    }),
    {numRuns: 400},
  );
});
