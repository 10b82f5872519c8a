/** An observed fleet of two workers, for the tests of the checks. */
import type {Member} from './observation.ts';
import {type TemperName} from './tempers.ts';
import type {Seen} from '../end-to-end/processes.ts';

export const seen = (pid: number, more: Partial<Seen> = {}): Seen => ({
  pid,
  name: 'sh',
  state: 'S',
  ppid: 1,
  pgid: pid,
  sid: pid,
  flags: 0,
  nice: 0,
  startTime: `${pid}00`,
  ...more,
});
export const member = (id: string, pid: number, run: string, main = true): Member => ({seen: seen(pid), id, run, main});
export const wanted = new Map<string, TemperName>([
  ['steady1/1', 'steady'],
  ['steady1/2', 'steady'],
  ['crashing1/1', 'crashing'],
]);
export const one = member('steady1/1', 11, 'a1');
export const two = member('steady1/2', 12, 'a2');
