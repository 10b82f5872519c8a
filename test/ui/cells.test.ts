import fc from 'fast-check';
import {describe, expect, test} from 'vitest';
import {widthOf as columnsOf} from '../../src/text/width.ts';
import {Canvas} from '../../ui/screen/canvas.ts';
import {cellsOf, drawable, widthOf} from '../../ui/screen/cells.ts';

const drawn = (text: string, width = 20, ellipsis = ''): string => {
  const canvas = new Canvas(width, 1);
  canvas.put(0, 0, text, 'plain', width, ellipsis);
  return canvas.line(0);
};

describe('untrusted text on the screen', () => {
  test('has no control characters and no escape sequences, whatever it contains', () => {
    expect(drawn('a\x1b[31mred\x1b[0m b')).toBe('ared b');
    expect(drawn('t\x1b]0;title\x07x')).toBe('tx');
    expect(drawn('two\nlines\r!')).toBe('two lines !');
    expect(drawn('\x9b31mx\x00\x7f')).not.toMatch(/[\x00-\x1f\x7f-\x9f]/);
    expect(drawable('a\tb')).toBe('a    b');
  });

  test('has the right width: wide characters two columns, combining marks none', () => {
    expect(widthOf('日本')).toBe(4);
    expect(widthOf('e\u0301')).toBe(1);
    expect(widthOf('😀')).toBe(2);
    expect(widthOf('👨‍👩‍👧')).toBe(2);
    // Invisible characters, and those that change the direction, are made visible.
    expect(drawn('a\u200bb\u202ec\u200dd', 40)).toBe('a<U+200B>b<U+202E>c<U+200D>d');
    expect(widthOf('a\u200bb')).toBe(10);
    expect([...cellsOf('👩‍🚀x')].map(({text}) => text)).toEqual(['👩', 'x']);
  });

  test('has the same cells on the fast and the slow path', () => {
    // A combining sequence in the text selects the slow path. Ideographs and syllables, which are all alike, are
    // sampled.
    for (let code = 0x20; code < 0xff70; code += code > 0x3500 && code < 0xd780 ? 37 : 1) {
      const character = String.fromCharCode(code);
      const [cell] = cellsOf(`${character} e\u0301`);
      const alone = [...cellsOf(character)];
      if (alone.length > 0) expect(alone).toEqual([cell]);
    }
  });

  test('has the same width in the tables of the commands', () => {
    const text = fc.string({
      unit: fc.constantFrom('a', '日', 'e\u0301', '😀', '👨‍👩‍👧', '🇩🇪', 'ﾊ', '─', 'é', 'Ж', '한', '🌡'),
    });
    fc.assert(fc.property(text, one => columnsOf(one) === widthOf(one)));
  });

  test('is cut for lack of room, but never within a character', () => {
    expect(drawn('abcdef', 4, '…')).toBe('abc…');
    expect(drawn('日本語', 4, '…')).toBe('日…');
    expect(drawn('日本', 3)).toBe('日');
    expect(drawn('abcd', 4, '…')).toBe('abcd');
  });

  test('leaves no half of a wide character', () => {
    const canvas = new Canvas(4, 1);
    canvas.put(0, 0, '日本');
    canvas.put(1, 0, 'x');
    expect(canvas.text.join('|')).toBe(' |x|本|');
    canvas.put(2, 0, 'y');
    expect(canvas.text.join('|')).toBe(' |x|y| ');
  });

  test('never results in a cell that a terminal would draw differently', () => {
    const text = fc.oneof(
      fc.string({unit: 'binary'}),
      fc.string({unit: 'grapheme'}),
      fc.constantFrom('\x1b[31m', '日本', 'e\u0301\u0302\u0303\u0304', '👨‍👩‍👧', '\x1b]8;;x\x07'),
    );
    const put = fc.record({
      text,
      x: fc.integer({min: -3, max: 12}),
      y: fc.integer({min: -1, max: 3}),
      limit: fc.integer({min: -1, max: 15}),
    });
    fc.assert(
      fc.property(fc.array(put, {maxLength: 12}), puts => {
        const canvas = new Canvas(10, 3);
        for (const one of puts) if (one.x >= 0) canvas.put(one.x, one.y, one.text, 'bold', one.limit, '…');
        for (let y = 0; y < 3; y++) {
          for (let x = 0; x < 10; x++) {
            const cell = canvas.text[y * 10 + x] ?? '?';
            expect(cell).not.toMatch(/[\x00-\x1f\x7f-\x9f]/);
            // The second half of a wide character follows the first on the same line.
            const before = x === 0 ? '' : (canvas.text[y * 10 + x - 1] ?? '');
            expect(cell === '').toBe(x > 0 && widthOf(before) === 2);
            if (widthOf(cell) === 2) expect(x).toBeLessThan(9);
          }
        }
      }),
      {numRuns: 200},
    );
  });
});
