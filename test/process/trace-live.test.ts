/** The conversion of events of threads to events of processes. */
import {expect, test} from 'vitest';
import type {TraceEvent} from '../../src/process/trace/event.ts';
import {wallClock, WholeProcesses} from '../../src/process/trace/live.ts';
import type {ConnectorEvent} from '../../src/posix/connector-messages.ts';

const now = (): number => Number(process.hrtime.bigint()) / 1e6;
const exit = (pid: number, tgid: number, status: number): ConnectorEvent => ({
  type: 'exit',
  time: now(),
  pid,
  tgid,
  status,
  parent: 1,
});

function whole() {
  const told: TraceEvent[] = [];
  /** Start times of running processes. */
  const running = new Map<number, string>();
  const processes = new WholeProcesses({
    isWanted: () => true,
    onEvent: event => told.push(event),
    runs: pid => running.get(pid) ?? null,
  });
  return {told, running, processes};
}

test('threads cause no events of processes', () => {
  const {told, processes} = whole();
  processes.feed({type: 'fork', time: now(), parent: 1, pid: 8, tgid: 7});
  processes.feed({type: 'comm', time: now(), pid: 8, tgid: 7, name: 'a thread'});
  processes.feed(exit(8, 7, 0));
  expect(told).toEqual([]);
});

test('an exit is reported once, with the status from wait(2)', () => {
  const {told, processes} = whole();
  processes.feed(exit(7, 7, 7 << 8));
  processes.feed(exit(9, 9, 9));
  expect(told).toMatchObject([
    {type: 'exit', pid: 7, ppid: 1, code: 7, signal: null},
    {type: 'exit', pid: 9, code: null, signal: 'SIGKILL'},
  ]);
});

test("a process ends with its last thread, and has that one's status", () => {
  const {told, running, processes} = whole();
  running.set(7, '100');
  processes.feed(exit(7, 7, 0));
  processes.feed(exit(8, 7, 0));
  expect(told).toEqual([]);
  running.delete(7);
  processes.feed(exit(9, 7, 5 << 8));
  expect(told).toMatchObject([{type: 'exit', pid: 7, code: 5}]);
  processes.sweep();
  expect(told).toHaveLength(1);
});

test('a process in which another thread has executed a program is still alive', () => {
  const {told, running, processes} = whole();
  running.set(7, '100');
  processes.feed(exit(7, 7, 0));
  processes.feed({type: 'exec', time: now(), pid: 7, tgid: 7});
  running.delete(7);
  processes.sweep();
  expect(told.map(({type}) => type)).toEqual(['exec']);
  processes.feed(exit(7, 7, 3 << 8));
  expect(told).toMatchObject([{type: 'exec'}, {type: 'exit', code: 3}]);
});

test('an exit without an event is found by a check, or when the pid is reused', () => {
  const {told, running, processes} = whole();
  running.set(7, '100').set(9, '100');
  processes.feed(exit(7, 7, 1 << 8));
  processes.feed(exit(9, 9, 2 << 8));
  running.set(7, '200');
  processes.sweep();
  expect(told).toMatchObject([{type: 'exit', pid: 7, code: 1}]);
  processes.feed({type: 'fork', time: now(), parent: 1, pid: 9, tgid: 9});
  expect(told).toMatchObject([{pid: 7}, {type: 'exit', pid: 9, code: 2}, {type: 'fork', child: 9}]);
});

test('times are those of the wall clock, and an implausible time is replaced by the present', () => {
  const before = Date.now();
  expect(Math.abs(wallClock(now() - 1000) - (before - 1000))).toBeLessThan(60_000);
  expect(wallClock(now() - 1000)).toBeLessThan(Date.now());
  expect(wallClock(now() + 1e9)).toBeGreaterThanOrEqual(before);
  expect(wallClock(0)).toBeGreaterThanOrEqual(before - 3_600_000);
});
