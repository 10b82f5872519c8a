/**
 * Reads all processes with brood's reader, a C loop and ps, in turn. Runs in a process of its own, so that heap and CPU
 * time are the reader's alone. Prints JSON. Run with --expose-gc.
 */
import {spawn, spawnSync, type ChildProcess} from 'node:child_process';
import {once} from 'node:events';
import {setTimeout as delay} from 'node:timers/promises';
import {ProcSource} from '../src/process/proc-source.ts';
import {Snapshot} from '../src/process/snapshot.ts';

export interface Reading {
  readonly processes: number;
  /** Medians, in ms. */
  readonly again: number;
  readonly once: number;
  readonly loop: number;
  readonly ps: number;
  /** Percent of one core, at one reading per second. */
  readonly cpuPercent: number;
  readonly refreshes: number;
  /** Growth of heap and buffers in bytes over `refreshes`, after a garbage collection. */
  readonly grownBytes: number;
}

const HELD = 2000;
const ROUNDS = 15;
const WARM = 40;
const EACH = 4;
const SECONDS = 20;
const KEPT_OPEN = 8192;
const PS = ['-eo', 'pid,ppid,stat,ni,comm'];

const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1] ?? NaN;

/** Times one reading as `brood top` does it: numbers, parents and children. */
async function refresh(snapshot: Snapshot): Promise<number> {
  const began = performance.now();
  await snapshot.refresh();
  snapshot.forest.at(0);
  return performance.now() - began;
}

function loop(stats: string): number[] {
  const {stdout} = spawnSync(stats, ['read', String(EACH)], {encoding: 'utf8'});
  return stdout
    .split('\n')
    .filter(Boolean)
    .map(line => parseInt(line) / 1e6);
}

function ps(): number {
  const began = performance.now();
  spawnSync('ps', PS, {stdio: 'ignore'});
  return performance.now() - began;
}

async function sideBySide(stats: string) {
  const kept = new Snapshot(new ProcSource({keepOpen: KEPT_OPEN}));
  const fresh = new Snapshot(new ProcSource());
  const times = {again: [] as number[], once: [] as number[], loop: [] as number[], ps: [] as number[]};
  for (let i = 0; i < WARM; i++) for (const one of [kept, fresh]) await refresh(one);
  for (let round = 0; round < ROUNDS; round++) {
    for (let i = 0; i < EACH; i++) times.again.push(await refresh(kept));
    times.loop.push(...loop(stats));
    for (let i = 0; i < EACH; i++) times.once.push(await refresh(fresh));
    times.ps.push(ps());
  }
  const processes = kept.rows.count;
  kept.close();
  fresh.close();
  const {again, once: single, loop: loops, ps: their} = times;
  return {processes, again: median(again), once: median(single), loop: median(loops), ps: median(their)};
}

async function eachSecond(): Promise<number> {
  const snapshot = new Snapshot(new ProcSource({keepOpen: KEPT_OPEN}));
  await refresh(snapshot);
  const began = performance.now();
  const before = process.cpuUsage();
  for (let second = 1; second <= SECONDS; second++) {
    await delay(second * 1000 - (performance.now() - began));
    await refresh(snapshot);
  }
  const {user, system} = process.cpuUsage(before);
  snapshot.close();
  return (user + system) / 1000 / (performance.now() - began) / 0.01;
}

async function growth(refreshes: number): Promise<number> {
  const snapshot = new Snapshot(new ProcSource({keepOpen: KEPT_OPEN}));
  const used = (): number => {
    // The first collection does not free what finalizers still hold.
    for (let i = 0; i < 3; i++) globalThis.gc?.();
    const {heapUsed, external} = process.memoryUsage();
    return heapUsed + external;
  };
  for (let i = 0; i < WARM; i++) await refresh(snapshot);
  const before = used();
  for (let i = 0; i < refreshes; i++) await refresh(snapshot);
  const after = used();
  snapshot.close();
  return after - before;
}

function start(stats: string, ...args: string[]): ChildProcess {
  return spawn(stats, args, {stdio: ['ignore', 'pipe', 'inherit']});
}

const [, , stats = '', refreshes = '600'] = process.argv;
const held = start(stats, 'hold', String(HELD));
if (held.stdout) await once(held.stdout, 'data');
const beside = await sideBySide(stats);
const cpuPercent = await eachSecond();
// Reused rows must not grow either.
const churn = start(stats, 'churn');
const grownBytes = await growth(Number(refreshes));
for (const child of [churn, held]) child.kill('SIGKILL');
const reading: Reading = {...beside, cpuPercent, refreshes: Number(refreshes), grownBytes};
console.log(JSON.stringify(reading));
