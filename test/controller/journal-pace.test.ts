import {expect, test} from 'vitest';
import type {EventType, JournalEvent} from '../../src/journal/events.ts';
import {JournalPace} from '../../src/controller/turn/journal-pace.ts';

function paceOf() {
  const noted: unknown[] = [];
  let now = 0;
  let timers: {at: number; action: () => void}[] = [];
  const pace = new JournalPace({
    note: event => void noted.push(event),
    now: () => now,
    later(action, ms) {
      const timer = {at: now + ms, action};
      timers.push(timer);
      return () => (timers = timers.filter(other => other !== timer));
    },
  });
  const pass = (ms: number): void => {
    now += ms;
    const due = timers.filter(({at}) => at <= now);
    timers = timers.filter(({at}) => at > now);
    for (const {action} of due) action();
  };
  return {pace, noted, pass, timers: () => timers.length};
}

/** Only the fields that the pace considers. */
const of = (instance: number, type: EventType) => ({type, worker: 'web', instance}) as JournalEvent;

test('repeated events of a worker are limited to some lines and a count of those left out', () => {
  const {pace, noted, pass} = paceOf();
  let written = 0;
  for (let i = 0; i < 500; i++) if (pace.admits(of(1, i % 2 ? 'main-process' : 'notified'))) written++;
  expect(written).toBe(20);
  // Other instances, and events that no message causes, are not limited.
  expect(pace.admits(of(2, 'main-process'))).toBe(true);
  expect(pace.admits(of(1, 'exited'))).toBe(true);
  expect(noted).toEqual([]);
  pass(60_000);
  expect(noted).toEqual([
    {type: 'left-out', worker: 'web', instance: 1, count: 480, kinds: ['main-process', 'notified']},
  ]);
  expect(pace.admits(of(1, 'notified'))).toBe(true);
  expect(pace.admits(of(1, 'notified'))).toBe(false);
  pass(60_000);
  expect(noted.at(-1)).toMatchObject({count: 1, kinds: ['notified']});
  pass(600_000);
  expect(noted).toHaveLength(2);
});

test('the count of events left out is reported at the end', () => {
  const {pace, timers} = paceOf();
  for (let i = 0; i < 25; i++) pace.admits(of(1, 'notify-refused'));
  expect(pace.end()).toMatchObject([{type: 'left-out', count: 5}]);
  expect(timers()).toBe(0);
});
