/** The process connector of the test machine. */
import {spawnSync} from 'node:child_process';
import {afterEach, describe, expect, test} from 'vitest';
import type {ConnectorEvent, Wanted} from '../../src/posix/connector-messages.ts';
import {Connector} from '../../src/posix/connector.ts';

const open: Connector[] = [];
function listen(wanted: Wanted): Connector | null {
  const connector = Connector.open(wanted);
  if (!(connector instanceof Connector)) return null;
  open.push(connector);
  return connector;
}
afterEach(() => {
  for (const connector of open.splice(0)) connector.close();
});

const canListen = listen({threadEnds: false, changes: false}) !== null;
for (const connector of open.splice(0)) connector.close();
if (!canListen) console.warn('the process connector is not tested: it can not be had here');

/** Runs a program, and returns its events. */
function eventsOf(connector: Connector, program: string, ...args: string[]): ConnectorEvent[] {
  const {pid} = spawnSync(program, args);
  const events: ConnectorEvent[] = [];
  const reading = connector.read(event => {
    if (event.tgid === pid) events.push(event);
  });
  expect(reading).toEqual({more: false, lost: false});
  return events;
}

describe.skipIf(!canListen)('the process connector', () => {
  test('reports a process from its start to its end, in order and with its status', () => {
    const connector = listen({threadEnds: false, changes: true})!;
    const events = eventsOf(connector, 'sh', '-c', 'printf ab > /proc/$$/comm; exit 5');
    expect(events.map(({type}) => type)).toEqual(['fork', 'exec', 'comm', 'exit']);
    expect(events[0]).toMatchObject({parent: process.pid});
    expect(events[2]).toMatchObject({name: 'ab'});
    expect(events[3]).toMatchObject({status: 5 << 8, parent: process.pid});
    const times = events.map(({time}) => time);
    expect(times).toEqual([...times].sort((a, b) => a - b));
    expect(Number(process.hrtime.bigint()) / 1e6).toBeGreaterThanOrEqual(times[3] ?? Infinity);
  });

  test('filters unwanted events', () => {
    const few = listen({threadEnds: false, changes: false})!;
    const more = listen({threadEnds: true, changes: true})!;
    const {pid} = spawnSync(process.execPath, ['-e', '0']);
    const kinds = (connector: Connector): Set<string> => {
      const seen = new Set<string>();
      connector.read(event => {
        if (event.tgid === pid) seen.add(event.pid === event.tgid ? event.type : `${event.type} of a thread`);
      });
      return seen;
    };
    expect([...kinds(few)].sort()).toEqual(['exec', 'exit', 'fork']);
    // Starts of threads are never wanted, and Node's threads have names of their own.
    expect([...kinds(more)].filter(kind => kind.endsWith('thread'))).toEqual(['exit of a thread']);
  });

  test('reads no more than requested at a time, and reports that there is more', () => {
    const connector = listen({threadEnds: true, changes: true})!;
    for (let i = 0; i < 60; i++) spawnSync('true');
    let count = 0;
    expect(connector.read(() => count++, 64)).toEqual({more: true, lost: false});
    expect(connector.read(() => count++)).toEqual({more: false, lost: false});
    expect(count).toBeGreaterThanOrEqual(180);
  });
});
