import fc from 'fast-check';
import {describe, expect, test} from 'vitest';
import {parseCron, type Cron} from '../../src/fleet/index.ts';

function cron(text: string): Cron {
  const result = parseCron(text);
  if ('problem' in result) throw new Error(result.problem);
  return result.cron;
}

describe('a schedule', () => {
  test('has five fields of values, ranges, steps, lists and names', () => {
    expect(cron('*/20 8-10 1,15 jan-MAR mon')).toEqual({
      minutes: [0, 20, 40],
      hours: [8, 9, 10],
      daysOfMonth: [1, 15],
      months: [1, 2, 3],
      daysOfWeek: [1],
      eitherDay: true,
    });
    expect(cron('5-20/5,0 * * * *').minutes).toEqual([0, 5, 10, 15, 20]);
  });

  test('accepts 0 and 7 as Sunday, at the beginning and at the end of a week', () => {
    expect(cron('0 0 * * 7').daysOfWeek).toEqual([0]);
    expect(cron('0 0 * * sat-sun').daysOfWeek).toEqual([0, 6]);
    expect(cron('0 0 * * 0-0').daysOfWeek).toEqual([0]);
    expect(cron('0 0 * * *').daysOfWeek).toEqual([0, 1, 2, 3, 4, 5, 6]);
  });

  test('is due on either day only if both are restricted', () => {
    expect(['0 0 1 * mon', '0 0 * * mon', '0 0 1 * *'].map(text => cron(text).eitherDay)).toEqual([true, false, false]);
  });

  test.each([
    ['* * * *', 'found 4'],
    ['', 'found 0'],
    ['* * * * * *', 'found 6'],
    ['60 * * * *', 'minute: expected *, a value from 0 to 59'],
    ['* 24 * * *', 'hour'],
    ['* * 0 * *', 'day of the month'],
    ['* * * 13 *', 'month'],
    ['* * * * 8', 'day of the week'],
    ['* * * foo *', 'found "foo"'],
    ['jan * * * *', 'minute'],
    ['*/0 * * * *', 'step'],
    ['5/10 * * * *', 'write 5-59/10'],
    ['9-5 * * * *', 'reversed'],
    ['1,,2 * * * *', 'minute'],
    ['*-5 * * * *', 'minute'],
    ['@daily', "write '0 0 * * *'"],
    ['0 0 31 feb,apr *', 'never runs'],
  ])('%j is rejected', (text, said) => {
    expect(parseCron(text)).toEqual({problem: expect.stringContaining(said) as string});
  });

  test('accepts the 31st of February beside a weekday, since either day is enough', () => {
    expect(cron('0 0 31 feb mon').eitherDay).toBe(true);
    expect(cron('0 0 29 feb *').daysOfMonth).toEqual([29]);
  });

  test('parses or rejects any text', () => {
    const unit = fc.constantFrom(...'0123456789*/,- jansuo'.split(''));
    fc.assert(fc.property(fc.string({unit}), text => 'cron' in parseCron(text) || true));
  });
});
