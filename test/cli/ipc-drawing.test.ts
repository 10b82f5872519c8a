/** The output of `brood ipc` for people and for drawing programs, with untrusted names. */
import fc from 'fast-check';
import {PassThrough} from 'node:stream';
import {expect, test} from 'vitest';
import {dotOf} from '../../src/cli/ipc/dot.ts';
import {drawingOf} from '../../src/cli/ipc/drawing.ts';
import {joinsAny} from '../../src/text/channels/joins.ts';
import {mermaidOf} from '../../src/cli/ipc/mermaid.ts';
import type {IpcProcess, IpcReport} from '../../src/cli/ipc/report.ts';
import {printSignals} from '../../src/cli/ipc/signals.ts';
import {printChannels} from '../../src/cli/ipc/table.ts';
import {sizesGrowLinearly} from '../text/growth.ts';
import {Output} from '../../src/cli/terminal/output.ts';
import type {Channel, End, Kind} from '../../src/ipc/types.ts';

const process = (pid: number, name: string, worker: string | null = null, instance = 1): IpcProcess => ({
  pid,
  name,
  worker,
  instance: worker === null ? null : instance,
});
const end = (pid: number, mode: End['mode'] = 'rw', socket?: number): End =>
  socket === undefined ? {pid, fd: 3, mode} : {pid, fd: 3, mode, socket};
const channel = (kind: Kind, id: string, ends: End[], more: Partial<Channel> = {}): Channel => ({
  kind,
  id: `${kind}:[${id}]`,
  name: null,
  ends,
  detail: {},
  ...more,
});

/** Returns the text printed into a pipe, or to a terminal of so many columns. */
function printed(columns: number | null, print: (out: Output) => void): string {
  const stream = new PassThrough();
  Object.assign(stream, {isTTY: columns !== null, columns});
  const out = new Output(stream as unknown as NodeJS.WriteStream, {}, true);
  print(out);
  out.flush();
  return String(stream.read() ?? '');
}

const table = (
  report: IpcReport,
  {columns = null, everything = false}: {columns?: number | null; everything?: boolean} = {},
): string => printed(columns, out => printChannels(out, report, everything));

const shop: IpcReport = {
  processes: [process(1, 'node', 'web'), process(2, 'postgres', 'db'), process(3, 'keeper'), process(4, 'cron')],
  channels: [
    channel('pipe', '1', [end(3, 'r'), end(1, 'w')]),
    ...Array.from({length: 340}, (_, i) =>
      channel('unix', `${i},${i + 1000}`, [end(1, 'rw', i), end(2, 'rw', i + 1000)], {name: '/run/db.sock'}),
    ),
    channel('tcp', '5', [end(1, 'rw', 5)], {name: '0.0.0.0:80', detail: {state: 'LISTEN', local: '0.0.0.0:80'}}),
    channel('lock', 'flock fe:00:1', [end(1, 'w'), end(2, 'w')], {
      name: '/srv/lock',
      detail: {lock: 'flock', type: 'write', range: null, holders: [1], waiters: [2], owners: [[1]]},
    }),
    channel('mqueue', '9', [end(1, 'w'), end(4, 'r')], {name: '/jobs', detail: {messages: 3, bytes: 120}}),
    channel('eventfd', '7', [end(1)], {detail: {count: 0}}),
    channel('signal', '1', [end(1, 'r')], {
      detail: {pending: [], blocked: ['SIGUSR1'], ignored: ['SIGPIPE'], caught: []},
    }),
  ],
  denied: [],
  hidden: false,
};

test('a table has one line for all channels that join the same two processes', () => {
  const lines = table(shop).trimEnd().split('\n');
  expect(lines[0]).toMatch(/^KIND +FROM +TO +CHANNEL$/);
  expect(lines).toEqual(
    expect.arrayContaining([
      expect.stringMatching(/^pipe +web\/1 node 1 +-> +keeper 3 +pipe:\[1\]$/),
      expect.stringMatching(/^unix +web\/1 node 1 +-- +db\/1 postgres 2 +x 340 \/run\/db\.sock$/),
      expect.stringMatching(/^tcp +web\/1 node 1 +- +0\.0\.0\.0:80, listen$/),
      expect.stringMatching(/^lock +web\/1 node 1 +-> +db\/1 postgres 2 +\/srv\/lock, flock, 1 waits$/),
      expect.stringMatching(/^mqueue +web\/1 node 1 +-> +cron 4 +\/jobs, 3 messages, 120B$/),
    ]) as unknown,
  );
  expect(lines.join('\n')).toMatch(/344 channels, 4 processes/);
  // An eventfd that only one process holds joins no processes.
  expect(lines.some(line => line.startsWith('eventfd'))).toBe(false);
  expect(lines.at(-1)).toMatch(/^1 more of a single process/);
  expect(table(shop, {everything: true})).toMatch(/^eventfd/m);
});

test('several processes of one instance are one; a writer that also reads does not count as a reader beside a pure reader', () => {
  const report: IpcReport = {
    processes: [process(1, 'sh', 'web'), process(2, 'node', 'web'), process(3, 'keeper')],
    channels: [
      channel('fifo', '1', [end(1, 'rw'), end(2, 'rw'), end(3, 'r')], {
        name: '/srv/a-rather-long-folder/for-what/is-in-it/out',
      }),
      channel('fifo', '2', [end(1, 'rw'), end(2, 'w')], {name: '/x'}),
    ],
    denied: [],
    hidden: false,
  };
  expect(table(report)).toMatch(
    /^fifo +web\/1 \(2\) +-> +keeper 3 +\/srv\/a-rather-long-folder\/for-what\/is-in-it\/out$/m,
  );
  expect(table(report)).toMatch(/^fifo +web\/1 \(2\) +-> +web\/1 sh 1 +\/x$/m);
  // A terminal shortens a long path.
  expect(table(report, {columns: 80})).toMatch(/ …\/out$/m);
});

test('no line is longer than 80 columns', () => {
  const long = {...shop, processes: shop.processes.map(one => ({...one, name: one.name.repeat(9)}))};
  for (const line of table(long, {columns: 80, everything: true}).split('\n'))
    expect(line.length).toBeLessThanOrEqual(80);
});

test('signals are listed by name for each process', () => {
  const text = printed(80, out => printSignals(out, shop));
  expect(text).toBe('signals of web/1 node 1\n  pending  -\n  blocked  SIGUSR1\n  ignored  SIGPIPE\n  caught   -\n');
});

/** A report of 10,000 channels between 2,000 processes of two programs. */
const crowd: IpcReport = {
  processes: Array.from({length: 2000}, (_, i) => process(i + 1, i % 2 ? 'odd' : 'even', i < 10 ? 'web' : null, i)),
  channels: Array.from({length: 10_000}, (_, i) =>
    channel('pipe', String(i), [end((i % 2000) + 1, 'w'), end(((i * 7 + 1) % 2000) + 1, 'r')]),
  ),
  denied: [],
  hidden: false,
};

test('10,000 channels stay readable', () => {
  const text = table(crowd, {columns: 80});
  expect(text.split('\n').length).toBeLessThan(30);
  expect(text).toMatch(/^pipe +(even|odd) \(995\) +-> /m);
  expect(text).toMatch(/^pipe +web\/\* \(10\) /m);
  expect(text).toMatch(/10000 channels, 2000 processes/);
  expect(text).toMatch(/Each line is a worker or a program/);
  for (const draw of [dotOf, mermaidOf]) expect(draw(drawingOf(crowd, joinsAny)).split('\n').length).toBeLessThan(60);
});

/** Returns a report of one pipe that all processes hold. */
const gathering = (size: number, nameOf: (i: number) => string): IpcReport => ({
  processes: Array.from({length: size}, (_, i) => process(i + 1, nameOf(i))),
  channels: [
    channel(
      'pipe',
      '1',
      Array.from({length: size}, (_, i) => end(i + 1, i === 0 ? 'r' : 'w')),
    ),
  ],
  denied: [],
  hidden: false,
});

test('a drawing of thousands at one channel has at most 400 edges, and notes the rest; its time grows linearly', () => {
  for (const draw of [dotOf, mermaidOf]) {
    // Grouped by program, they are one node.
    expect(
      draw(
        drawingOf(
          gathering(5000, () => 'worker'),
          joinsAny,
        ),
      ).split('\n').length,
    ).toBeLessThan(20);
    const text = draw(
      drawingOf(
        gathering(5000, i => `worker${i}`),
        joinsAny,
      ),
    );
    expect(text.split('\n').length).toBeLessThan(900);
    expect(text).toContain('4600 further edges omitted');
    const few = draw(
      drawingOf(
        gathering(399, i => `worker${i}`),
        joinsAny,
      ),
    );
    expect(few.split('\n').length).toBeGreaterThan(799);
    expect(few).not.toContain('left out');
  }
  const reports = {same: () => 'worker', different: (i: number) => `worker${i}`};
  for (const [name, nameOf] of Object.entries(reports))
    sizesGrowLinearly(`a table of processes with ${name} names`, 4000, size => {
      const report = gathering(size, nameOf);
      return () => table(report);
    });
});

const HOSTILE = 'a"b\\"]\n;c</script>\x1b]0;title\x07<b>#quot;`%%{init}%%`|end --> x';

test('Graphviz: no character of a name ends its string', () => {
  const hostile = fc.oneof(
    fc.constant(HOSTILE),
    fc.string({unit: 'binary', maxLength: 40}),
    fc.string({maxLength: 40}),
  );
  fc.assert(
    fc.property(hostile, hostile, (name, path) => {
      const text = dotOf(drawingOf(named(name, path), () => true));
      // Outside the quoted strings there is only brood's own text.
      const bare = text.replace(/"(?:[^"\\]|\\.)*"/gs, 'S');
      expect(bare.replace(/\s+/g, ' ')).toMatch(
        /^digraph ipc \{ rankdir=LR; node \[fontsize=10\]; edge \[fontsize=8\];( (p\d|c\d) \[label=S, shape=(box|ellipse)\];| subgraph S \{ label=S; (p\d \[label=S, shape=box\]; )+\}| (p\d|c\d) -> (p\d|c\d)( \[(label=S)?(, )?(dir=none)?\])?;)* \}$/,
      );
      expect(text).not.toMatch(/[\x00-\x09\x0b-\x1f\x7f-\x9f]/);
    }),
    {numRuns: 500},
  );
});

test('Mermaid: no character of a name has a meaning in Mermaid, Markdown or HTML', () => {
  const hostile = fc.oneof(
    fc.constant(HOSTILE),
    fc.string({unit: 'binary', maxLength: 40}),
    fc.string({maxLength: 40}),
  );
  fc.assert(
    fc.property(hostile, hostile, (name, path) => {
      const lines = mermaidOf(drawingOf(named(name, path), () => true)).split('\n');
      expect(lines[0]).toBe('flowchart LR');
      for (const line of lines.slice(1)) {
        expect(line).toMatch(
          /^ +(p\d+\["[^"`<>\n]*"\]|c\d+\(\["[^"`<>\n]*"\]\)|subgraph f\d+\["[^"`<>\n]*"\]|end|(p\d|c\d) (---|-->)(\|"[^"`<>\n|]*"\|)? (p\d|c\d))$/,
        );
        expect(line).not.toMatch(/%%|\x1b/);
      }
    }),
    {numRuns: 500},
  );
});

test('a table of hostile names has one line each, and no control characters', () => {
  const text = table(named(HOSTILE, HOSTILE), {everything: true});
  expect(text).not.toMatch(/[\x00-\x09\x0b-\x1f\x7f-\x9f]/);
  expect(text.trimEnd().split('\n')).toHaveLength(5);
});

/** Returns a report of processes with that name and channels with that path. */
function named(name: string, path: string): IpcReport {
  return {
    processes: [process(1, name, 'web'), process(2, name), process(3, name)],
    channels: [
      channel('unix', '1,2', [end(1, 'rw', 1), end(2, 'rw', 2)], {name: path}),
      channel('pipe', '3', [end(1, 'w'), end(2, 'r')], {name: path}),
      channel('fifo', '4', [end(1, 'w'), end(2, 'r'), end(3, 'r')], {name: path}),
    ],
    denied: [],
    hidden: false,
  };
}
