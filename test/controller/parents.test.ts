import {expect, test} from 'vitest';
import {Parents} from '../../src/controller/monitor/parents.ts';
import {parseStat, type Stat} from '../../src/process/stat.ts';

const KEEPER = 10;
const MAIN = 20;

/** A line of /proc/PID/stat (proc(5)). */
function statOf(pid: number, ppid: number, name: string, startTime = '100'): Stat {
  const fields = [
    'S',
    ppid,
    pid,
    pid,
    0,
    -1,
    ...Array<number>(11).fill(0),
    1,
    0,
    startTime,
    ...Array<number>(30).fill(0),
  ];
  const stat = parseStat(`${pid} (${name}) ${fields.join(' ')}`);
  if (stat === null) throw new Error('no stat line');
  return stat;
}

const ownerOf = (pid: number): string | null => (pid === MAIN ? 'w/1' : null);

test('the parent of a process that has just become a child of the keeper is still known', () => {
  const parents = new Parents();
  parents.note([statOf(30, MAIN, 'sh'), statOf(31, 30, 'sleep')], ownerOf);
  expect(parents.of(31, '100')).toEqual({pid: 30, name: 'sh'});
  // The shell has ended. The keeper has not reported the orphan yet.
  parents.note([statOf(31, KEEPER, 'sleep')], ownerOf);
  expect(parents.of(31, '100')).toEqual({pid: 30, name: 'sh'});
  // It has ended, and another process has its pid.
  parents.note([statOf(31, KEEPER, 'other', '200')], ownerOf);
  expect(parents.of(31, '100')).toBe(null);
  expect(parents.of(31, '200')).toBe(null);
});

test('a process that was never below a worker has no former parent', () => {
  const parents = new Parents();
  parents.note([statOf(40, 1, 'cron')], ownerOf);
  expect(parents.of(40, '100')).toBe(null);
});
