import fc from 'fast-check';
import {expect, test} from 'vitest';
import {formatBytes, formatDuration, formatTime} from '../../src/base/format.ts';
import {jsonOf} from '../../src/text/json.ts';
import {MOST_SHOWN, paintedLines, plainLines, plainText, terminalSafe} from '../../src/text/sanitize.ts';
import {fit, widthOf} from '../../src/text/width.ts';
import {wrap} from '../../src/cli/terminal/wrap.ts';
import {stepsGrowLinearly} from './growth.ts';

/** Matches control characters, and characters that are invisible or change the direction. */
const FOUL =
  /[\x00-\x1f\x7f-\x9f\xad\u061c\u180e\u200b\u200c\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]/;
const COLOURS = /\x1b\[[\d;:]*m/g;

/** Texts of critical parts: controls, sequences, directions, joiners, emoji, marks, halves of surrogate pairs. */
const hostile = fc
  .array(
    fc.constantFrom(
      ...['a', ' ', '\n', '\t', '\x1b[', '\x1b]0;', '\x1b]', '\x9b', '\x9d', '\x07', '\x1b\\', '\x1b', '\x7f', '\x85'],
      ...['\u202e', '\u2066', '\u200b', '\u200d', '\u2028', '\ufeff', '\xad', '\u{e0041}', '\ufe0f', '\u0301', '1'],
      ...['\u20e3', '👩', '🏽', '❤', '漢', 'é', '\ud83d', '\udc69', '31m', ';', '0', 'm', '~'],
    ),
    {maxLength: 40},
  )
  .map(parts => parts.join(''));

test('no control sequence or invisible character is passed on, in any combination', () => {
  fc.assert(
    fc.property(hostile, text => {
      expect(plainText(text)).not.toMatch(FOUL);
      expect(plainLines(text).replace(/[\n\t]/g, '')).not.toMatch(FOUL);
      expect(terminalSafe(text).replace(COLOURS, '').replaceAll('\t', '')).not.toMatch(FOUL);
      expect(jsonOf(text)).not.toMatch(FOUL);
      expect(JSON.parse(jsonOf(text))).toBe(text);
      // Sanitized text stays unchanged.
      expect(plainText(plainText(text))).toBe(plainText(text));
    }),
    {numRuns: 2000},
  );
});

test('hidden characters are shown by number; those of an emoji stay', () => {
  expect(plainText('user\u202etxt.exe')).toBe('user<U+202E>txt.exe');
  expect(plainText('pay\u200bpal\u{e0041}')).toBe('pay<U+200B>pal<U+E0041>');
  expect(plainText('a\u200db')).toBe('a<U+200D>b');
  for (const emoji of ['👩‍💻', '❤️', '1️⃣', '👋🏽', '👩🏽‍💻', '🏳️‍🌈']) expect(plainText(emoji)).toBe(emoji);
  expect(plainText('1\ufe0f')).toBe('1<U+FE0F>');
  expect(plainText('❤\ufe0f\ufe0f')).toBe('❤\ufe0f<U+FE0F>');
  expect(plainText(`e${'\u0301'.repeat(50)}x`)).toBe(`e${'\u0301'.repeat(4)}x`);
  expect(plainText('ünïcödé 漢字 नमस्ते')).toBe('ünïcödé 漢字 नमस्ते');
});

test('a text is cut before it is processed, and never within a character', () => {
  expect(plainText('x'.repeat(1_000_000))).toHaveLength(MOST_SHOWN);
  expect(plainText('ab👩👩', 4)).toBe('ab…');
  expect(plainText('abcd', 4)).toBe('abcd');
});

test("only brood's own colours remain in its lines", () => {
  expect(paintedLines('\x1b[31mred\x1b[39m\x1b[8mhidden\x1b[38;5;2mx')).toBe('\x1b[31mred\x1b[39mhiddenx');
  expect(plainLines('\x1b[31mred\x1b[39m\nb')).toBe('red\nb');
});

test('a long text is measured and cut correctly, too', () => {
  fc.assert(
    fc.property(hostile, fc.integer({min: 0, max: 30}), (text, columns) => {
      const plain = plainText(text);
      const cut = fit(plain, columns);
      expect(widthOf(cut)).toBeLessThanOrEqual(columns);
      if (widthOf(plain) <= columns && columns > 0) expect(cut).toBe(plain);
      else if (columns > 0) expect(plain.startsWith(cut.slice(0, -1)) && cut.endsWith('…')).toBe(true);
    }),
    {numRuns: 2000},
  );
  expect(widthOf('漢'.repeat(1000))).toBe(2000);
  expect(widthOf('👩‍👩‍👧'.repeat(500))).toBe(1000);
  expect(widthOf('e\u0301'.repeat(1001))).toBe(1001);
  expect(fit('\u200b'.repeat(100_000), 10).length).toBeLessThan(1000);
});

test('sanitizing takes time linear in the length', () => {
  const works: Record<string, (text: string) => unknown> = {
    plainLines,
    terminalSafe,
    jsonOf,
    widthOf,
    fit: text => fit(text, 80),
    'wrap at 80': text => wrap(text, 80),
  };
  for (const piece of ['é', 'e\u0301', '\u0301', '\u200b', '\x1b]', '\x9d', '\x1b[', '👩‍', '`', 'ab '])
    for (const [name, work] of Object.entries(works))
      stepsGrowLinearly(`${name} of ${JSON.stringify(piece)}`, piece, work);
});

test('invalid numbers are formatted as a question mark', () => {
  for (const bad of [NaN, Infinity, -Infinity, 1e308, -1e308]) {
    expect(formatDuration(bad)).toBe('?');
    expect(formatBytes(bad)).toBe('?');
    expect(formatTime(bad)).toBe('?');
  }
  expect([formatDuration(-0), formatDuration(-5), formatBytes(-0), formatBytes(-7)]).toEqual([
    '0ms',
    '0ms',
    '0B',
    '0B',
  ]);
  expect(formatBytes(Number.MAX_SAFE_INTEGER)).toBe('8192T');
});
