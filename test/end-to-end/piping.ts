/** A fleet whose producer writes numbered lines to its consumer through a declared pipe. */
import {existsSync, readlinkSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {expect} from 'vitest';
import {TestFleet, until} from './harness.ts';

/** Bytes of each line: a read of this size returns a whole line, also with several readers. */
export const RECORD = 16;

/**
 * Writes numbered lines until the file `enough` exists; records each number after its line, and at the end the total.
 * Slow enough that an unread pipe is not full before a busy machine reaches the next step of a test.
 */
export const PRODUCER = `
const {existsSync, openSync, renameSync, writeFileSync, writeSync} = require('node:fs');
const fd = Number(process.env.BROOD_FD_FEED);
const note = openSync('wrote.' + process.pid, 'w');
const clock = new Int32Array(new SharedArrayBuffer(4));
let n = 0;
while (!existsSync('enough')) {
  n++;
  writeSync(fd, (process.pid + ' ' + n).padEnd(${RECORD - 1}) + '\\n');
  writeSync(note, String(n), 0);
  Atomics.wait(clock, 0, 0, 10);
}
writeFileSync('new.' + process.pid, String(n));
renameSync('new.' + process.pid, 'over.' + process.pid);
setInterval(() => {}, 1e6);
`;

/** Appends what it reads to `got`; while the file `hold` exists it reads nothing, and confirms that by `held.PID`. */
export const CONSUMER = `
const {existsSync, openSync, readSync, writeFileSync, writeSync} = require('node:fs');
const fd = Number(process.env.BROOD_FD_FEED);
const out = openSync('got', 'a');
const record = Buffer.alloc(${RECORD});
const clock = new Int32Array(new SharedArrayBuffer(4));
for (;;) {
  if (existsSync('hold')) {
    writeFileSync('held.' + process.pid, '');
    while (existsSync('hold')) Atomics.wait(clock, 0, 0, 5);
  }
  if (readSync(fd, record) !== record.length) break;
  writeSync(out, record);
}
writeFileSync('end', '');
setInterval(() => {}, 1e6);
`;

export const files = {'producer.js': PRODUCER, 'consumer.js': CONSUMER};
export const soon = {backoff: {initial: '10ms', max: '100ms'}, give_up: {restarts: 100_000, within: '1s'}};
export const producer = {run: ['node', 'producer.js'], ...soon};
export const consumer = {run: ['node', 'consumer.js'], ...soon};
export const pipe = {feed: {pipe: {from: 'producer', to: 'consumer'}}};
export const fleetOf = (parts: object = {}): object => ({
  fleet: 't',
  workers: {producer, consumer},
  channels: pipe,
  ...parts,
});

export const stateOf = (fleet: TestFleet): string => readlinkSync(`/proc/${fleet.keeper}/cwd`);
export const fifoOf = (fleet: TestFleet): string => join(stateOf(fleet), 'channels', 'feed.fifo');

/** Returns the numbers that have arrived, by the pid of their producer. */
export function arrived(fleet: TestFleet): Map<string, number[]> {
  const found = new Map<string, number[]>();
  for (const line of fleet.read('got').split('\n')) {
    const [pid, n] = line.trim().split(' ');
    if (!pid || !n) continue;
    found.set(pid, [...(found.get(pid) ?? []), Number(n)]);
  }
  return found;
}

export const arrivedFrom = (fleet: TestFleet, pid: number): number => (arrived(fleet).get(String(pid)) ?? []).length;

/** Waits until more lines of a producer have arrived. */
export async function flows(fleet: TestFleet, pid: number): Promise<void> {
  const before = arrivedFrom(fleet, pid);
  await until(`lines of ${pid} to arrive`, () => arrivedFrom(fleet, pid) > before + 5, 30_000);
}

export const written = (fleet: TestFleet, pid: number | string): number => Number(fleet.read(`wrote.${pid}`));

/** Ends the writing; checks that every line arrived once and in order, and that no consumer read an end of file. */
export async function nothingIsLost(fleet: TestFleet, pid: number): Promise<void> {
  writeFileSync(fleet.path('enough'), '');
  await until('the last line', () => arrivedFrom(fleet, pid) === Number(fleet.read(`over.${pid}`)), 30_000);
  for (const [from, numbers] of arrived(fleet)) {
    expect(numbers).toEqual(Array.from(numbers, (_, at) => at + 1));
    // The producer may have been killed between a line and its record.
    expect(numbers.length).toBeGreaterThanOrEqual(written(fleet, from));
  }
  expect(existsSync(fleet.path('end'))).toBe(false);
}

/** Makes the consumer stop reading, and waits until it has written all that it read. */
export async function hold(fleet: TestFleet, pid: number): Promise<void> {
  writeFileSync(fleet.path('hold'), '');
  await until('the consumer to hold', () => existsSync(fleet.path(`held.${pid}`)), 30_000);
}

/** Kills a worker; returns its successor's pid. */
export async function kill(fleet: TestFleet, id: string): Promise<number> {
  const {pid} = fleet.worker(id);
  process.kill(pid!, 'SIGKILL');
  const {pid: next} = await fleet.successor(id, pid!);
  return next!;
}

export async function loseKeeper(fleet: TestFleet): Promise<void> {
  const {keeper} = fleet;
  process.kill(keeper, 'SIGKILL');
  await until('the next keeper', () => fleet.keeper !== keeper);
}
