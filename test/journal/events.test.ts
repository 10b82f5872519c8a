import {readFileSync} from 'node:fs';
import {expect, test} from 'vitest';
import {EVENTS} from '../../src/journal/events.ts';
import {hookOf, isEvent, isShown, severityOf} from '../../src/journal/record.ts';
import {eventReference} from '../../src/journal/reference.ts';
import {describeEvent, styleOfEvent} from '../../src/text/event-words.ts';

const recordOf = (type: string, fields: object = {}) => ({seq: 1, at: '2030-01-01T00:00:00.000Z', type, ...fields});

test('the protocol lists the events of the table (else: node docs/make-references.mjs)', () => {
  const protocol = readFileSync(new URL('../../docs/protocol.md', import.meta.url), 'utf8');
  expect(protocol).toContain(`\n${eventReference()}\n`);
  expect(eventReference().split('\n')).toHaveLength(Object.keys(EVENTS).length + 2);
});

test('a blocked worker is an error, shown in the foreground and described', () => {
  const held = recordOf('output-held', {worker: 'web', instance: 2, error: 'ENOSPC'});
  expect(describeEvent(held)).toBe("output can't be written (ENOSPC): it is held back, so the worker may block");
  expect([styleOfEvent(held), isShown(held)]).toEqual(['red', true]);
});

test('severity, visibility and the hook may depend on the fields of the event', () => {
  const exited = (fields: object) =>
    recordOf('exited', {worker: 'web', instance: 0, code: null, signal: null, ...fields});
  const well = exited({code: 0, reason: 'exited'});
  const killed = exited({signal: 'SIGKILL', reason: 'signalled'});
  const asked = exited({signal: 'SIGTERM', reason: 'stop'});
  expect([well, killed, asked].map(severityOf)).toEqual(['plain', 'warning', 'warning']);
  expect([well, killed, asked].map(isShown)).toEqual([true, true, false]);
  const changed = (to: string) =>
    recordOf('status-changed', {worker: 'web', instance: 0, from: 'ready', to, reason: null});
  expect(['failed', 'stopping', 'backoff'].map(to => hookOf(changed(to)))).toEqual(['failed', null, 'backoff']);
});

test('an event of another version is unknown, and is described by its fields', () => {
  const fromLater = recordOf('sang', {worker: 'web', instance: 0, pid: 7, song: 'la', loud: true});
  expect(isEvent(fromLater)).toBe(false);
  expect(describeEvent(fromLater)).toBe('sang song=la loud=true, pid 7');
  expect([severityOf(fromLater), isShown(fromLater), hookOf(fromLater)]).toEqual(['plain', false, null]);
  // A field of the wrong type, or a missing one.
  const odd = recordOf('backoff', {worker: 'web', instance: 0, delayMs: 'soon'});
  expect(describeEvent(odd)).toBe('backoff delayMs=soon');
  expect(isEvent(recordOf('toString'))).toBe(false);
  expect(hookOf(recordOf('status-changed', {worker: 'web', instance: 0, from: 'ready'}))).toBe(null);
});
