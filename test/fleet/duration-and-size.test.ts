import fc from 'fast-check';
import {describe, expect, test} from 'vitest';
import {exactDuration} from '../../src/base/format.ts';
import {sizeInFile, parseDuration, parseSize} from '../../src/fleet/index.ts';
import {LONGEST_DURATION_MS} from '../../src/fleet/values/duration.ts';
import {LARGEST_SIZE} from '../../src/fleet/values/size.ts';

describe('a duration', () => {
  test.each([
    ['500ms', 500],
    ['10s', 10_000],
    ['1.5s', 1500],
    ['5m', 300_000],
    ['1h', 3_600_000],
    ['7d', 604_800_000],
    ['0s', 0],
    ['0.001s', 1],
  ])('%s is %d ms', (text, ms) => {
    expect(parseDuration(text)).toEqual({ms});
  });

  test.each([
    ['10', 'write 10s for seconds or 10ms'],
    ['0', 'write 0s'],
    ['soon', 'such as 500ms, 10s, 5m'],
    ['', 'such as'],
    ['-1s', 'such as'],
    ['10 s', 'such as'],
    ['1h30m', 'such as'],
    ['10sec', 'sec is not a unit of time'],
    ['5M', 'M is not a unit of time'],
    ['0.5ms', 'whole number of milliseconds'],
    ['99999d', 'longer than 3650d'],
  ])('%j is rejected with a correct form', (text, said) => {
    expect(parseDuration(text)).toEqual({problem: expect.stringContaining(said) as string});
  });

  test('can be parsed exactly from its text', () => {
    fc.assert(
      fc.property(fc.integer({min: 0, max: LONGEST_DURATION_MS}), ms => {
        expect(parseDuration(exactDuration(ms))).toEqual({ms});
      }),
    );
    expect([0, 1500, 60_000, 604_800_000].map(exactDuration)).toEqual(['0s', '1500ms', '1m', '7d']);
  });
});

describe('a size', () => {
  test.each([
    ['4KiB', 4096],
    ['512MiB', 512 * 2 ** 20],
    ['1GiB', 2 ** 30],
    ['1.5KiB', 1536],
    ['7B', 7],
  ])('%s is %d bytes', (text, bytes) => {
    expect(parseSize(text)).toEqual({bytes});
  });

  test.each([
    ['4', 'write 4KiB, 4MiB or 4GiB'],
    ['512MB', 'write 512MiB'],
    ['64k', 'write 64KiB'],
    ['3parsecs', 'write B, KiB, MiB or GiB'],
    ['much', 'such as 4KiB'],
    ['0.3B', 'whole number of bytes'],
    ['9999TiB', 'larger than'],
  ])('%j is rejected with a correct form', (text, said) => {
    expect(parseSize(text)).toEqual({problem: expect.stringContaining(said) as string});
  });

  test('can be parsed exactly from its text', () => {
    fc.assert(
      fc.property(fc.maxSafeInteger(), number => {
        const bytes = Math.abs(number) % LARGEST_SIZE;
        expect(parseSize(sizeInFile(bytes))).toEqual({bytes});
      }),
    );
  });
});
