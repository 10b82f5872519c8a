import fc from 'fast-check';
import {describe, expect, test} from 'vitest';
import {keyName} from '../../ui/screen/keys-of.ts';
import {SequenceCutter} from '../../ui/screen/input.ts';
import {SEQUENCES} from './screen.ts';

/** Returns a cutter with a timeout under the test's control. */
function cutter(): {readonly cut: string[]; readonly push: (text: string) => void; readonly wait: () => void} {
  const cut: string[] = [];
  let pending: (() => void) | null = null;
  const made = new SequenceCutter(
    sequence => cut.push(sequence),
    action => {
      pending = action;
      return () => (pending = null);
    },
  );
  const wait = (): void => {
    while (pending) {
      const action = pending;
      pending = null;
      action();
    }
  };
  return {cut, push: text => made.push(text), wait};
}

const cutOf = (...reads: readonly string[]): string[] => {
  const {cut, push, wait} = cutter();
  for (const read of reads) push(read);
  wait();
  return cut;
};

describe('keyboard input', () => {
  test('is cut into keys if several arrive in one read', () => {
    expect(cutOf('\x1b[A\x1b[Bq\x1bOP\x1b[5~ä😀')).toEqual(['\x1b[A', '\x1b[B', 'q', '\x1bOP', '\x1b[5~', 'ä', '😀']);
  });

  test('is one key even if it arrives in pieces', () => {
    expect(cutOf('\x1b', '[', '1', '5', '~')).toEqual(['\x1b[15~']);
    expect(cutOf('\x1b[', 'A')).toEqual(['\x1b[A']);
    expect(cutOf('\x1bO', 'P')).toEqual(['\x1bOP']);
  });

  test('is Escape alone if nothing or another key follows', () => {
    const {cut, push, wait} = cutter();
    push('\x1b');
    expect(cut).toEqual([]);
    wait();
    expect(cut).toEqual(['\x1b']);
    expect(cutOf('\x1bq')).toEqual(['\x1b', 'q']);
    expect(cutOf('\x1b\x1b')).toEqual(['\x1b', '\x1b']);
    expect(cutOf('\x1b\x1b[A')).toEqual(['\x1b', '\x1b[A']);
  });

  test('may contain several mouse reports in one read', () => {
    expect(cutOf('\x1b[<0;10;5M\x1b[<0;10;5m\x1b[<64;1;1M')).toEqual([
      '\x1b[<0;10;5M',
      '\x1b[<0;10;5m',
      '\x1b[<64;1;1M',
    ]);
    expect(cutOf('\x1b[M !!q')).toEqual(['\x1b[M !!', 'q']);
  });

  test('is passed on even if invalid, and the keys after it are not lost', () => {
    expect(cutOf('\x1b[\x01q')).toContain('q');
    expect(cutOf(`\x1b[${'1;'.repeat(500)}q`).join('')).toBe(`\x1b[${'1;'.repeat(500)}q`);
  });

  test('gives the same keys however it is split', () => {
    const key = fc.constantFrom(
      'a',
      'Z',
      '?',
      'é',
      '😀',
      '\x03',
      '\x1b[<0;3;4M',
      ...Object.values(SEQUENCES).filter(one => one !== '\x1b'),
    );
    fc.assert(
      fc.property(fc.array(key, {maxLength: 20}), fc.array(fc.nat(200), {maxLength: 10}), (keys, cuts) => {
        const text = keys.join('');
        const at = [...new Set(cuts.map(one => one % (text.length + 1)))].sort((a, b) => a - b);
        const pieces = [0, ...at].map((from, i) => text.slice(from, at[i] ?? text.length));
        // Halves of a character are joined before they get here.
        fc.pre(pieces.every(piece => !/^[\udc00-\udfff]/.test(piece)));
        expect(cutOf(...pieces)).toEqual(keys);
      }),
    );
  });

  test('is never lost, with any bytes', () => {
    fc.assert(
      fc.property(fc.array(fc.string({unit: 'binary'}), {maxLength: 8}), reads => {
        expect(cutOf(...reads).join('')).toBe(reads.join(''));
      }),
    );
  });
});

test.each([
  ['a', {name: 'a', full: 'a', sequence: 'a', ctrl: false, meta: false, shift: false}, 'a'],
  ['A', {name: 'a', full: 'S-a', sequence: 'A', ctrl: false, meta: false, shift: true}, 'A'],
  [' ', {name: 'space', full: 'space', sequence: ' ', ctrl: false, meta: false, shift: false}, 'space'],
  [undefined, {name: 'up', full: 'up', sequence: '\x1b[A', ctrl: false, meta: false, shift: false}, 'up'],
  ['\x03', {name: 'c', full: 'C-c', sequence: '\x03', ctrl: true, meta: false, shift: false}, 'C-c'],
  ['\r', {name: 'return', full: 'return', sequence: '\r', ctrl: false, meta: false, shift: false}, null],
  ['\r', {name: 'enter', full: 'enter', sequence: '\r', ctrl: false, meta: false, shift: false}, 'enter'],
])('the key of %j has one name', (character, key, name) => {
  expect(keyName(character, key)).toBe(name);
});
