import {PassThrough} from 'node:stream';
import fc from 'fast-check';
import {expect, test} from 'vitest';
import {formatBytes, formatDuration, formatTime} from '../../src/base/format.ts';
import {Output} from '../../src/cli/terminal/output.ts';
import {plainText, terminalSafe} from '../../src/text/sanitize.ts';
import {printTable, type Column} from '../../src/cli/terminal/table.ts';
import {fit, widthOf} from '../../src/text/width.ts';
import {wrap} from '../../src/cli/terminal/wrap.ts';

/** A terminal of that many columns that records its input. */
function terminal(columns: number) {
  const stream = Object.assign(new PassThrough(), {isTTY: true, columns});
  const out = new Output(stream as unknown as NodeJS.WriteStream, {NO_COLOR: '1'}, false);
  const lines = () => {
    out.flush();
    return String(stream.read()).trimEnd().split('\n');
  };
  return {out, lines};
}

const columns: readonly Column<{id: string; note: string; n: number}>[] = [
  {title: 'ID', cell: ({id}) => id, shrink: 6},
  {title: 'NUMBER', cell: ({n}) => String(n), align: 'right', drop: 1},
  {title: 'NOTE', cell: ({note}) => note, shrink: 8, drop: 2},
];

test('a table never wraps, whatever its cells contain and however narrow the terminal is', () => {
  fc.assert(
    fc.property(
      fc.integer({min: 10, max: 100}),
      fc.array(
        fc.record({
          id: fc.string({unit: 'grapheme', maxLength: 20}),
          note: fc.string({unit: 'binary', maxLength: 80}),
          n: fc.nat(),
        }),
      ),
      (width, rows) => {
        const {out, lines} = terminal(width);
        printTable(out, columns, rows);
        const printed = lines();
        for (const line of printed) expect(widthOf(line)).toBeLessThanOrEqual(width);
      },
    ),
  );
});

test('a narrow table drops the least important columns first, and gives the space to shortened cells', () => {
  const rows = [{id: 'web/1', note: 'a rather long note on what happened', n: 1_000_000}];
  const shown = (width: number) => {
    const {out, lines} = terminal(width);
    printTable(out, columns, rows);
    return lines();
  };
  expect(shown(80)).toEqual(['ID      NUMBER  NOTE', 'web/1  1000000  a rather long note on what happened']);
  expect(shown(40)[1]).toBe('web/1  1000000  a rather long note on w…');
  expect(shown(20)[1]).toBe('web/1  a rather lon…');
  expect(shown(12)[1]).toBe('web/1');
});

test('control sequences in untrusted text never reach a terminal; colours do, and end at the end of the line', () => {
  const cases: [string, string][] = [
    ['plain text, ünïcödé 漢字', 'plain text, ünïcödé 漢字'],
    ['\x1b[31mred\x1b[0m', '\x1b[31mred\x1b[0m\x1b[0m'],
    ['\x1b[1;38;5;200mx', '\x1b[1;38;5;200mx\x1b[0m'],
    ['a\x1b[2Jb\x1b[10;10Hc\x1b[?1049hd', 'abcd'],
    ['a\x1b]0;title\x07b\x1b]8;;http://x\x1b\\c', 'abc'],
    ['a\x1bP1$r\x1b\\b', 'ab'],
    ['a\x1b(Bb\x1b7c\x1bcd', 'abcd'],
    ['a\x9b2Jb\x9d0;t\x9cc', 'abc'],
    ['a\rb\x08c\x7f\0\x07d\te', 'abcd\te'],
    ['a\x1b]0;never ended', 'a'],
    ['a\x1b[', 'a'],
    ['a\x1b', 'a'],
    ['\x1b[>31m\x1b[31 q\x1b[6n', ''],
  ];
  for (const [given, safe] of cases) expect(terminalSafe(given), JSON.stringify(given)).toBe(safe);
  expect(plainText('a\x1b[31mb\x1b[0m\nc\td')).toBe('ab c d');
  fc.assert(
    fc.property(
      fc.string({unit: 'binary'}),
      fc.constantFrom('\x1b[', '\x1b]', '\x9b', '\x1b', '\x07'),
      (text, sequence) => {
        expect(terminalSafe(text + sequence + text).replace(/\x1b\[[\d;:]*m/g, '')).not.toMatch(
          /[\x00-\x08\x0a-\x1f\x7f-\x9f]/,
        );
      },
    ),
  );
});

test('line prints one line, whatever it contains; lines prints several', () => {
  const {out, lines} = terminal(80);
  out.line('one\ntwo\r\nthree\tfour');
  out.lines('one\ntwo');
  expect(lines()).toEqual(['one two three\tfour', 'one', 'two']);
});

test('text is measured and shortened by columns', () => {
  expect([widthOf('abc'), widthOf('漢字'), widthOf('👩‍👩‍👧'), widthOf('é'), widthOf('')]).toEqual([3, 4, 2, 1, 0]);
  expect(fit('abcdef', 4)).toBe('abc…');
  expect(fit('漢字漢字', 5)).toBe('漢字…');
  expect(fit('abc', 3)).toBe('abc');
  expect(fit('abc', 0)).toBe('');
  expect(wrap('one two three four', 9)).toEqual(['one two', 'three', 'four']);
  expect(wrap('a b\n  kept as it is', 3)).toEqual(['a b', '  kept as it is']);
});

test('durations, sizes and times are short', () => {
  const durations: [number, string][] = [
    [0, '0ms'],
    [850, '850ms'],
    [1500, '1.5s'],
    [12_000, '12s'],
    [192_000, '3m12s'],
    [7_500_000, '2h5m'],
    [180_000, '3m'],
    [90_000_000, '1d1h'],
  ];
  for (const [ms, text] of durations) expect(formatDuration(ms)).toBe(text);
  const sizes: [number, string][] = [
    [0, '0B'],
    [1023, '1023B'],
    [52_428_800, '50.0M'],
    [831_488, '812K'],
    [1.2 * 1024 ** 3, '1.2G'],
  ];
  for (const [bytes, text] of sizes) expect(formatBytes(bytes)).toBe(text);
  const at = new Date(2024, 4, 1, 14, 3, 22);
  expect(formatTime(at.getTime(), at.getTime())).toBe('14:03:22');
  expect(formatTime(at.getTime(), at.getTime() + 86_400_000)).toBe('2024-05-01 14:03:22');
  expect(formatTime('rubbish')).toBe('?');
});
