import {execFileSync} from 'node:child_process';
import {fileURLToPath} from 'node:url';
import {buildSync} from 'esbuild';
import fc from 'fast-check';
import {describe, expect, test} from 'vitest';
import {parseCron} from '../../src/fleet/index.ts';
import {nextTime} from '../../src/fleet/values/cron-time.ts';

function next(text: string, after: Date): string | null {
  const result = parseCron(text);
  if ('problem' in result) throw new Error(result.problem);
  const time = nextTime(result.cron, after.getTime());
  if (time === null) return null;
  const date = new Date(time);
  return `${date.toDateString()} ${date.toTimeString().slice(0, 5)}`;
}

describe('the next time of a schedule', () => {
  const saturday = new Date(2026, 10, 21, 13, 4, 30);

  test.each([
    ['*/5 * * * *', 'Sat Nov 21 2026 13:05'],
    ['4 * * * *', 'Sat Nov 21 2026 14:04'],
    ['0 3 * * *', 'Sun Nov 22 2026 03:00'],
    ['30 8 * * mon', 'Mon Nov 23 2026 08:30'],
    ['0 0 1 * *', 'Tue Dec 01 2026 00:00'],
    ['0 0 1 * wed', 'Wed Nov 25 2026 00:00'],
    ['0 0 29 2 *', 'Tue Feb 29 2028 00:00'],
    ['59 23 31 12 *', 'Thu Dec 31 2026 23:59'],
  ])('%s', (text, expected) => {
    expect(next(text, saturday)).toBe(expected);
  });

  test('is after the moment, not at it', () => {
    expect(next('*/5 * * * *', new Date(2026, 10, 21, 13, 5))).toBe('Sat Nov 21 2026 13:10');
  });

  test('is the first minute that matches', () => {
    const field = (low: number, high: number) =>
      fc.oneof(fc.constant('*'), fc.integer({min: low, max: high}).map(String), fc.constant('*/7'));
    const schedule = fc.tuple(field(0, 59), field(0, 23), fc.constant('*'), fc.constant('*'), field(0, 6));
    const moment = fc.date({min: new Date(2024, 0, 1), max: new Date(2030, 0, 1), noInvalidDate: true});
    fc.assert(
      fc.property(schedule, moment, (fields, after) => {
        const result = parseCron(fields.join(' '));
        if ('problem' in result) throw new Error(result.problem);
        const {minutes, hours, daysOfWeek} = result.cron;
        const found = nextTime(result.cron, after.getTime()) ?? 0;
        const fits = (date: Date): boolean =>
          minutes.includes(date.getMinutes()) && hours.includes(date.getHours()) && daysOfWeek.includes(date.getDay());
        expect(fits(new Date(found))).toBe(true);
        const first = Math.floor(after.getTime() / 60_000) * 60_000 + 60_000;
        // At most the day before: more would take long and show nothing else.
        for (let time = Math.max(first, found - 86_400_000); time < found; time += 60_000) {
          expect(fits(new Date(time))).toBe(false);
        }
      }),
      {numRuns: 30},
    );
  });
});

/** Returns the times of a schedule in Berlin, between two moments (UTC). */
function inBerlin(text: string, from: string, to: string): string[] {
  const root = fileURLToPath(new URL('../../src/fleet/values/', import.meta.url));
  const script = `
    import {parseCron} from '${root}cron.ts';
    import {nextTime} from '${root}cron-time.ts';
    const {cron} = parseCron('${text}');
    const times = [];
    for (let at = nextTime(cron, Date.parse('${from}')); at < Date.parse('${to}'); at = nextTime(cron, at))
      times.push(new Date(at).toISOString().slice(11, 16));
    console.log(JSON.stringify(times));`;
  const {outputFiles} = buildSync({
    stdin: {contents: script, resolveDir: root, loader: 'ts'},
    bundle: true,
    write: false,
  });
  const text2 = execFileSync(process.execPath, ['-e', outputFiles[0]?.text ?? ''], {
    env: {...process.env, TZ: 'Europe/Berlin'},
    encoding: 'utf8',
  });
  return JSON.parse(text2) as string[];
}

describe('where clocks change', () => {
  // On 2026-10-25, 02:00 to 02:59 occurs twice: from 00:00 UTC, and from 01:00 UTC.
  test('a minute that occurs twice is due once', () => {
    expect(inBerlin('30 2 * * *', '2026-10-24T22:00Z', '2026-10-25T12:00Z')).toEqual(['00:30']);
    expect(inBerlin('*/30 * * * *', '2026-10-24T23:30Z', '2026-10-25T03:00Z')).toEqual([
      '00:00',
      '00:30',
      '02:00',
      '02:30',
    ]);
  });

  // On 2026-03-29, 02:00 to 02:59 does not occur: at 01:00 UTC it is 03:00.
  test('a minute that does not occur is not due', () => {
    expect(inBerlin('30 2 * * *', '2026-03-28T12:00Z', '2026-03-30T12:00Z')).toEqual(['00:30']);
    expect(inBerlin('0,30 * * * *', '2026-03-29T00:00Z', '2026-03-29T02:01Z')).toEqual([
      '00:30',
      '01:00',
      '01:30',
      '02:00',
    ]);
  });
});
