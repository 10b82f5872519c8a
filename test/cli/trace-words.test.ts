/** Lines of a trace: they fit the terminal, and contain no control characters. */
import {PassThrough} from 'node:stream';
import {expect, test} from 'vitest';
import {Output} from '../../src/cli/terminal/output.ts';
import {jsonOf} from '../../src/text/json.ts';
import {traceRecord, TraceLines} from '../../src/cli/trace/format.ts';
import {widthOf} from '../../src/text/width.ts';
import type {AttributedEvent} from '../../src/process/trace/attribution.ts';
import type {TraceEvent} from '../../src/process/trace/event.ts';

const terminal = (columns: number): Output => {
  const stream = Object.assign(new PassThrough(), {isTTY: true, columns});
  return new Output(stream as unknown as NodeJS.WriteStream, {NO_COLOR: '1', TERM: 'xterm'}, true);
};
const at = new Date(2026, 0, 2, 3, 4, 5, 67).getTime();
const web = {worker: 'web', instance: 2};
const attributed = (event: TraceEvent, parts: Partial<AttributedEvent> = {}): AttributedEvent => ({
  event,
  owner: web,
  chosen: false,
  ppid: 1,
  command: null,
  ...parts,
});
const words = (one: AttributedEvent, columns = 80): string =>
  new TraceLines(terminal(columns), pid => (pid === 9 ? 'keeper' : null), ['web/2']).line(one);

const EVIL = 'sleep \x1b]0;title\x07\x1b[2J\n\r\x9b31m \u{1f600} 漢字 '.repeat(10);

test('a line has the time, the owner, the process and the event', () => {
  const nobody = {worker: null, instance: null};
  const cases: [AttributedEvent, string][] = [
    [attributed({type: 'fork', at, pid: 1234, child: 1235}), 'web/2     1234  fork -> 1235'],
    [attributed({type: 'fork', at, pid: null, child: 1235}), 'web/2     1235  appeared, parent unknown'],
    [attributed({type: 'exec', at, pid: 7}, {command: 'sleep 777'}), 'web/2        7  exec sleep 777'],
    [attributed({type: 'exec', at, pid: 7}), 'web/2        7  exec ?'],
    [attributed({type: 'setsid', at, pid: 7}), 'web/2        7  setsid'],
    [attributed({type: 'comm', at, pid: 7, name: 'x y'}), 'web/2        7  renamed to x y'],
    [
      attributed({type: 'exit', at, pid: 7, ppid: 1, code: 7, signal: null}, {command: 'sh'}),
      'web/2        7  exit code 7 (sh)',
    ],
    [
      attributed({type: 'exit', at, pid: 7, ppid: 1, code: null, signal: 'SIGKILL'}),
      'web/2        7  killed by SIGKILL',
    ],
    [attributed({type: 'exit', at, pid: 7, ppid: 1, code: null, signal: null}), 'web/2        7  exit status unknown'],
    [attributed({type: 'setsid', at, pid: 9}, {owner: nobody}), 'keeper        9  setsid'],
    [attributed({type: 'setsid', at, pid: 8}, {owner: nobody}), '-            8  setsid'],
  ];
  for (const [event, line] of cases) expect(words(event)).toBe(`03:04:05.067  ${line}`);
});

test('a line fits the terminal, whatever name a process gives itself', () => {
  const events: TraceEvent[] = [
    {type: 'exec', at, pid: 7},
    {type: 'comm', at, pid: 7, name: EVIL},
    {type: 'exit', at, pid: 4_000_000, ppid: 1, code: 255, signal: null},
  ];
  for (const event of events) {
    const line = words(attributed(event, {command: EVIL, owner: {worker: 'w'.repeat(63), instance: 12}}));
    expect(widthOf(line)).toBeLessThanOrEqual(80);
    expect(line).not.toMatch(/[\x00-\x1f\x7f-\x9f]/);
  }
});

test('a JSON line has the fields of its type, and unchanged texts', () => {
  const json = (event: TraceEvent): unknown => JSON.parse(jsonOf(traceRecord(attributed(event, {command: EVIL}))));
  const common = {at: new Date(at).toISOString(), worker: 'web', instance: 2};
  expect(json({type: 'fork', at, pid: 1, child: 2})).toEqual({...common, type: 'fork', pid: 1, child: 2});
  expect(json({type: 'exec', at, pid: 1})).toEqual({...common, type: 'exec', pid: 1, ppid: 1, command: EVIL});
  expect(json({type: 'comm', at, pid: 1, name: EVIL})).toMatchObject({type: 'comm', command: EVIL});
  expect(json({type: 'exit', at, pid: 3, ppid: 1, code: 7, signal: null})).toEqual({
    ...common,
    type: 'exit',
    pid: 3,
    ppid: 1,
    command: EVIL,
    code: 7,
    signal: null,
  });
  expect(jsonOf(traceRecord(attributed({type: 'exec', at, pid: 1}, {command: EVIL})))).not.toContain('\n');
});
