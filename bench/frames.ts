/**
 * Measures the cost of frames of `brood top` and the growth of its memory. Draws in this process, to a terminal that
 * discards all output. Prints JSON. Run with --expose-gc.
 */
import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {setImmediate as turn} from 'node:timers/promises';
import {PassThrough, Writable} from 'node:stream';
import type {ReadStream, WriteStream} from 'node:tty';
import {ProcSource} from '../src/process/proc-source.ts';
import {Crowd, seat, type Seated} from '../test/ui/crowd.ts';
import {Terminal} from '../ui/screen/terminal.ts';

export interface Frame {
  readonly what: string;
  /** True for the drawing of the frame alone. */
  readonly isFrame: boolean;
  /** Milliseconds. */
  readonly median: number;
  readonly p99: number;
}

export interface Frames {
  readonly processes: number;
  readonly frames: readonly Frame[];
  readonly refreshes: number;
  /** Bytes of heap and buffers after a tenth of the refreshes, and at the end; after a garbage collection. */
  readonly early: number;
  readonly late: number;
}

const PROCESSES = 10_000;
const COLUMNS = 200;
const LINES = 50;
/** No more than there are pages of processes not shown before. */
const COUNT = 200;
const WARM = 25;
/** Frames between two readings: a key redraws at once, without a reading. */
const EACH = 4;
const HELD = 1000;

/** Returns a terminal of the size used in the comparison, whose output is discarded. */
function nowhere(): Terminal {
  const sink = new Writable({write: (_chunk, _encoding, done) => done()});
  const output = Object.assign(sink, {isTTY: true, columns: COLUMNS, rows: LINES}) as unknown as WriteStream;
  const input = Object.assign(new PassThrough(), {isTTY: true, setRawMode: () => input}) as unknown as ReadStream;
  const ignore = (): void => undefined;
  return new Terminal({
    input,
    output,
    env: {TERM: 'xterm-256color', LANG: 'C.UTF-8'},
    depth: 256,
    unicode: true,
    key: ignore,
    mouse: ignore,
    resize: ignore,
    hangup: ignore,
  });
}

const part = (values: readonly number[], share: number): number =>
  [...values].sort((a, b) => a - b)[Math.floor((values.length - 1) * share)] ?? NaN;

const terminal = nowhere();

function frame({app}: Seated): void {
  terminal.present(app.draw(COLUMNS, LINES));
}

/**
 * @param keys the keys that lead to the view
 * @param key the key pressed before each frame, as if held down
 */
async function timed(what: string, keys: readonly string[], key: string): Promise<readonly Frame[]> {
  const crowd = seat(new Crowd({count: PROCESSES, real: true}));
  await crowd.refresh();
  frame(crowd);
  for (const one of keys) crowd.app.key(one);
  const times: Record<'frame' | 'pressed' | 'refreshed', number[]> = {frame: [], pressed: [], refreshed: []};
  for (let count = 0; count < WARM + COUNT; count++) {
    const began = performance.now();
    if (count % EACH === 0) await crowd.refresh();
    const refreshed = performance.now();
    crowd.app.key(key);
    const pressed = performance.now();
    frame(crowd);
    const done = performance.now();
    if (count < WARM) continue;
    times.frame.push(done - pressed);
    times.pressed.push(done - refreshed);
    if (count % EACH === 0) times.refreshed.push(refreshed - began);
  }
  const of = (words: string, values: readonly number[]): Frame => ({
    what: `${what}: ${words}`,
    isFrame: values === times.frame,
    median: part(values, 0.5),
    p99: part(values, 0.99),
  });
  return [of('a frame', times.frame), of('a key and its frame', times.pressed), of('a refresh', times.refreshed)];
}

function used(): number {
  // The first collection does not free what finalizers still hold.
  for (let count = 0; count < 3; count++) globalThis.gc?.();
  const {heapUsed, external} = process.memoryUsage();
  return heapUsed + external;
}

/** Simulates half an hour of use in fast motion, while processes start and end. */
async function growth(stats: string, refreshes: number): Promise<{early: number; late: number}> {
  const children = [['hold', String(HELD)], ['churn']].map(args =>
    spawn(stats, args, {stdio: ['ignore', 'pipe', 'inherit']}),
  );
  const [held] = children;
  if (held?.stdout) await once(held.stdout, 'data');
  const real = seat(new ProcSource({keepOpen: 8192}));
  const keys = ['pagedown', 'down', '>', '2', '4', '3', '2', 'enter', 'down', 'escape', 'end', '*', 'home', '*'];
  let early = NaN;
  for (let count = 0; count < refreshes; count++) {
    await real.refresh();
    real.app.key(keys[count % keys.length] ?? 'down');
    frame(real);
    // Pending callbacks are no leak.
    await turn();
    if (count === Math.floor(refreshes / 10)) early = used();
  }
  const late = used();
  real.world.snapshot.close();
  for (const child of children) child.kill('SIGKILL');
  return {early, late};
}

const [, , stats = '', times = '1200'] = process.argv;
const refreshes = Number(times);
// Warm up the JIT compiler.
await timed('', [], 'pageup');
const frames = [
  ...(await timed('tree', [], 'down')),
  ...(await timed('tree, a page at a time', [], 'pagedown')),
  ...(await timed('list by CPU', ['t', '>', '>', '>', '>', '>', '>'], 'down')),
];
const result: Frames = {processes: PROCESSES, frames, refreshes, ...(await growth(stats, refreshes))};
terminal.close();
console.log(JSON.stringify(result));
