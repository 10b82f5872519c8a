/** Lineage by the events of the process connector, compared with a model of processes that start and end at random. */
import {describe, expect, test} from 'vitest';
import {Descendants} from '../../src/keeper/lineage/descendants.ts';
import {Runs} from '../../src/keeper/runs/runs.ts';
import type {Run} from '../../src/keeper/runs/run.ts';
import type {ConnectorEvent} from '../../src/posix/connector-messages.ts';
import {Prng} from '../simulation/prng.ts';
import {runOf} from './run-of.ts';

const KEEPER = 10;
const CONTROLLER = 11;

interface Process {
  readonly run: Run | null;
  parent: number;
  /** Ticks since boot. */
  readonly startTime: number;
}

/** The part of the kernel that the keeper reads. */
class Kernel {
  readonly living = new Map<number, Process>();
  readonly runs = new Runs();
  now = 1000;
  /** No descriptor is left for reading. */
  isShort = false;
  readonly descendants = new Descendants({
    self: KEEPER,
    runs: this.runs,
    isSpawned: pid => pid === CONTROLLER,
    findProcess: pid => {
      if (this.isShort) return {startTime: null, name: '?'};
      const process = this.living.get(pid);
      return process ? {startTime: String(process.startTime), name: `name ${pid}`} : null;
    },
    isHidden: () => false,
    catchUp: () => undefined,
  });

  constructor() {
    this.living.set(KEEPER, {run: null, parent: 1, startTime: 0});
    this.living.set(5, {run: null, parent: 1, startTime: 0});
  }

  event(type: 'exec' | 'exit', pid: number): void {
    const event = {time: 0, pid, tgid: pid};
    this.descendants.feed(type === 'exec' ? {...event, type} : {...event, type, status: 0, parent: 0});
  }

  /** Simulates a fork; `told`: its event is not lost. */
  fork(parent: number, pid: number, told = true): void {
    const run = this.living.get(parent)?.run ?? null;
    this.living.set(pid, {run, parent, startTime: this.now++});
    const event: ConnectorEvent = {type: 'fork', time: 0, parent, pid, tgid: pid};
    if (told) this.descendants.feed(event);
  }

  exit(pid: number, told = true): void {
    this.living.delete(pid);
    for (const one of this.living.values()) if (one.parent === pid) one.parent = one.run === null ? 1 : KEEPER;
    if (told) this.event('exit', pid);
  }

  /** Simulates the start of the main process of a new run. */
  spawn(pid: number, token = `run-${pid}-${this.now}`): Run {
    const run = runOf({token, child: true});
    this.runs.add(run);
    this.descendants.follow(run);
    this.living.set(pid, {run, parent: KEEPER, startTime: this.now++});
    this.runs.started(run, pid, 0, null);
    this.descendants.feed({type: 'fork', time: 0, parent: KEEPER, pid, tgid: pid});
    return run;
  }

  lose(ticks: number): void {
    this.descendants.lost(ticks, pid =>
      [...this.living].filter(([, one]) => one.parent === pid).map(([child]) => child),
    );
  }

  of(run: Run): number[] {
    return [...this.living].filter(([, one]) => one.run === run).map(([pid]) => pid);
  }
}

describe('a descendant of a main process', () => {
  test('belongs to the run after its parents have ended, and after its own end', () => {
    const kernel = new Kernel();
    const run = kernel.spawn(20);
    kernel.fork(20, 21);
    kernel.fork(21, 22);
    kernel.exit(21);
    expect(kernel.descendants.runOf(22)).toBe(run);
    expect(kernel.descendants.parentOf(22)).toEqual({pid: 21, name: 'name 20'});
    expect(run.lineage?.isAlive()).toBe(true);
    kernel.exit(22);
    kernel.exit(20);
    expect(kernel.descendants.runOf(22)).toBe(run);
    expect(run.lineage?.isAlive()).toBe(false);
    expect(run.lineage?.gap).toBe(null);
    kernel.descendants.forgetEnded();
    kernel.descendants.forgetEnded();
    expect(kernel.descendants.runOf(22)).toBeNull();
  });

  test('belongs to no run once its run is forgotten', () => {
    const kernel = new Kernel();
    const run = kernel.spawn(20);
    kernel.fork(20, 21);
    kernel.runs.delete(run);
    kernel.descendants.forget(run);
    expect(kernel.descendants.runOf(21)).toBeNull();
  });

  test('continues after the end of its first thread', () => {
    const kernel = new Kernel();
    const run = kernel.spawn(20);
    kernel.event('exit', 20);
    kernel.fork(20, 21);
    expect(kernel.descendants.runOf(21)).toBe(run);
    expect(run.lineage?.isAlive()).toBe(true);
    // Its end is found by a check of /proc.
    kernel.exit(20, false);
    for (let sweep = 0; sweep < 3; sweep++) kernel.descendants.forgetEnded();
    expect(kernel.descendants.runOf(20)).toBeNull();
    expect([...(run.lineage?.known() ?? [])]).toEqual([21]);
  });

  test('is distinguished from threads, and from forks of strangers and of the controller', () => {
    const kernel = new Kernel();
    const run = kernel.spawn(20);
    kernel.descendants.feed({type: 'fork', time: 0, parent: KEEPER, pid: 21, tgid: 20});
    kernel.living.set(CONTROLLER, {run: null, parent: KEEPER, startTime: 1});
    kernel.fork(KEEPER, CONTROLLER);
    kernel.fork(CONTROLLER, 30);
    kernel.fork(5, 31);
    expect([...(run.lineage?.known() ?? [])]).toEqual([20]);
    expect([30, 31, CONTROLLER].map(pid => kernel.descendants.runOf(pid))).toEqual([null, null, null]);
    expect(run.lineage?.gap).toBe(null);
  });
});

describe('a child that the keeper did not start (CLONE_PARENT)', () => {
  const cloned = (): {kernel: Kernel; run: Run} => {
    const kernel = new Kernel();
    const run = kernel.spawn(20);
    kernel.fork(KEEPER, 40);
    kernel.fork(40, 41);
    return {kernel, run};
  };

  test('belongs to the run that other evidence shows, together with its descendants', () => {
    const {kernel, run} = cloned();
    expect(kernel.descendants.runOf(41)).toBeNull();
    kernel.descendants.claim(40, run);
    expect(kernel.descendants.runOf(41)).toBe(run);
    expect([...(run.lineage?.known() ?? [])].sort()).toEqual([20, 40, 41]);
    expect(run.lineage?.gap).toBe(null);
  });

  test('may belong to any run without evidence; any other unknown child is excluded from a run that was followed', () => {
    const {kernel, run} = cloned();
    expect(kernel.descendants.excludes(run, 40, kernel.now)).toBe(false);
    expect(kernel.descendants.excludes(run, 41, kernel.now)).toBe(false);
    expect(kernel.descendants.excludes(run, 99, kernel.now)).toBe(true);
    kernel.lose(kernel.now);
    expect(kernel.descendants.excludes(run, 99, kernel.now)).toBe(false);
  });

  test('that ends unclaimed is a failed start', () => {
    const {kernel, run} = cloned();
    kernel.exit(40);
    kernel.descendants.claim(20, run);
    expect(run.lineage?.gap).toBe(null);
  });
});

test('a run that began earlier is tracked from now on, and not completely', () => {
  const kernel = new Kernel();
  const run = runOf({token: 'old', pid: 20});
  kernel.runs.add(run);
  kernel.living.set(20, {run, parent: 1, startTime: 1}).set(21, {run, parent: 20, startTime: 2});
  const since = kernel.now;
  kernel.descendants.takeUp(run, since);
  for (const pid of [20, 21, 99]) kernel.descendants.include(run, pid);
  kernel.descendants.setGap(run, 'it began before');
  kernel.fork(21, 22);
  expect([...(run.lineage?.known() ?? [])]).toEqual([20, 21, 22]);
  expect(run.lineage?.gap).toEqual(expect.any(String));
  kernel.descendants.setGap(run, null);
  // Processes started earlier may have been missed; later forks are reported.
  expect(kernel.descendants.excludes(run, 99, since)).toBe(false);
  expect(kernel.descendants.excludes(run, 99, since + 1)).toBe(true);
});

test('after a loss of events, a later process without a known parent belongs to no run, and the others keep theirs', () => {
  const kernel = new Kernel();
  const run = kernel.spawn(20);
  kernel.fork(20, 21);
  kernel.fork(20, 22);
  const before = kernel.now;
  kernel.exit(22, false);
  kernel.now++;
  kernel.fork(5, 22, false); // the pid is a stranger's now
  kernel.fork(21, 23, false);
  kernel.fork(21, 24, false);
  kernel.fork(24, 25, false);
  kernel.exit(24, false);
  kernel.lose(before);
  expect([...(run.lineage?.known() ?? [])].sort()).toEqual([20, 21, 23]);
  expect(run.lineage?.gap).toEqual(expect.any(String));
  kernel.fork(23, 26);
  expect(kernel.descendants.runOf(26)).toBe(run);
  expect(kernel.spawn(27).lineage?.gap).toBe(null);
});

test("a process that can't be read, for lack of a descriptor, has not ended; after a loss it is unknown", () => {
  const kernel = new Kernel();
  const run = kernel.spawn(20);
  kernel.fork(20, 21);
  kernel.isShort = true;
  kernel.event('exec', 21);
  kernel.exit(21);
  expect(run.lineage?.isAlive()).toBe(true);
  kernel.isShort = false;
  kernel.descendants.forgetEnded();
  expect([...(run.lineage?.known() ?? [])]).toEqual([20]);
  expect(run.lineage?.gap).toBe(null);
  kernel.isShort = true;
  kernel.lose(kernel.now);
  expect([...(run.lineage?.known() ?? [])]).toEqual([]);
  expect(run.lineage?.gap).toEqual(expect.any(String));
});

function story(seed: number): void {
  const random = new Prng(seed);
  const kernel = new Kernel();
  const runs: Run[] = [];
  let told = true;
  let lostAt = 0;
  let losses = 0;
  for (let step = 0; step < 150; step++) {
    const living = [...kernel.living.keys()];
    const pid = random.pick(living);
    const free = 20 + random.int(25);
    const isFree = !kernel.living.has(free);
    if (random.chance(0.15) && isFree && told) runs.push(kernel.spawn(free));
    else if (random.chance(0.5) && isFree && pid !== KEEPER) kernel.fork(pid, free, told);
    else if (random.chance(0.5) && pid !== KEEPER && pid !== 5) kernel.exit(pid, told);
    else if (told) kernel.event('exec', pid);
    if (told && random.chance(0.02)) {
      told = false;
      lostAt = kernel.now - 1;
    } else if (!told && random.chance(0.3)) {
      told = true;
      losses++;
      kernel.lose(lostAt);
    }
    if (!told) continue;
    for (const run of runs) {
      const known = [...(run.lineage?.known() ?? [])].filter(one => kernel.living.has(one)).sort();
      const mine = kernel.of(run).sort();
      const where = `seed ${seed}, step ${step}, ${run.token}`;
      // Known processes are always right, though there may be more after a loss.
      const isRight =
        run.lineage?.gap === null ? String(known) === String(mine) : known.every(one => mine.includes(one));
      if (!isRight) throw new Error(`${where}: known ${String(known)}, there are ${String(mine)}`);
      if (losses === 0 && run.lineage?.gap !== null) throw new Error(`${where}: not complete`);
    }
    for (const [one, {run}] of kernel.living) {
      const found = kernel.descendants.runOf(one);
      if (found !== null && found !== run)
        throw new Error(`seed ${seed}, step ${step}: ${one} is not ${found.token}'s`);
    }
  }
}

test('with any forks, exits, losses and reused pids the lineage is never wrong, and without losses complete', () => {
  for (let seed = 1; seed <= 200; seed++) story(seed);
});
