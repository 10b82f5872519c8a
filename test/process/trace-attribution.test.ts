/** The owner of each event, for any behaviour of processes and any order of the reports of supervisor and kernel. */
import {describe, expect, test} from 'vitest';
import {Attribution, NOBODY, type AttributedEvent, type Owner} from '../../src/process/trace/attribution.ts';
import type {TraceEvent} from '../../src/process/trace/event.ts';
import {Prng} from '../simulation/prng.ts';

const KEEPER = 10;
const web: Owner = {worker: 'web', instance: 1};
const db: Owner = {worker: 'db', instance: 1};

function traced({all = false, patienceMs = 60_000} = {}): Attribution {
  const attribution = new Attribution({all, patienceMs, commandOf: pid => `command of ${pid}`});
  attribution.keeper = KEEPER;
  attribution.know({pid: KEEPER, ppid: 1, owner: NOBODY, chosen: false, command: 'keeper'});
  attribution.know({pid: 20, ppid: KEEPER, owner: web, chosen: false, command: 'web'});
  return attribution;
}

const fork = (pid: number | null, child: number): TraceEvent => ({type: 'fork', at: Date.now(), pid, child});
const exec = (pid: number): TraceEvent => ({type: 'exec', at: Date.now(), pid});
const exit = (pid: number, ppid: number | null = null, code: number | null = 0): TraceEvent => ({
  type: 'exit',
  at: Date.now(),
  pid,
  ppid,
  code,
  signal: null,
});
const said = (events: readonly AttributedEvent[]): string[] =>
  events.map(({event, owner}) => `${event.type} ${event.pid ?? '?'} ${owner.worker ?? '-'}`);

describe('a child belongs to the owner of its parent', () => {
  test('even if its parent has ended before, and it has another now', () => {
    const attribution = traced();
    for (const event of [fork(20, 21), fork(21, 22), exit(21, 20), exec(22), exit(22, KEEPER)]) attribution.feed(event);
    expect(said(attribution.takeEvents())).toEqual([
      'fork 20 web',
      'fork 21 web',
      'exit 21 web',
      'exec 22 web',
      'exit 22 web',
    ]);
  });

  test('but not after its pid was reused by a stranger', () => {
    const attribution = traced();
    for (const event of [fork(20, 21), exit(21, 20), fork(5, 21), exec(21), fork(21, 22), exit(22)])
      attribution.feed(event);
    expect(said(attribution.takeEvents())).toEqual(['fork 20 web', 'exit 21 web']);
  });

  test('nor if the exit of the previous process with the pid was not reported', () => {
    const attribution = traced();
    for (const event of [fork(20, 21), fork(5, 21), exec(21)]) attribution.feed(event);
    expect(said(attribution.takeEvents())).toEqual(['fork 20 web']);
  });
});

describe('the first process of a run', () => {
  test('is held back, together with later events, until its owner is announced', () => {
    const attribution = traced();
    for (const event of [fork(KEEPER, 30), exec(30), fork(30, 31), exit(30), fork(20, 21)]) attribution.feed(event);
    expect(attribution.takeEvents()).toEqual([]);
    attribution.announce(30, db, Date.now(), KEEPER);
    expect(said(attribution.takeEvents())).toEqual([
      'fork 10 db',
      'exec 30 db',
      'fork 30 db',
      'exit 30 db',
      'fork 20 web',
    ]);
    attribution.feed(exec(31));
    expect(said(attribution.takeEvents())).toEqual(['exec 31 db']);
  });

  test('may have been announced before', () => {
    const attribution = traced();
    attribution.announce(30, db, Date.now(), KEEPER);
    attribution.feed(fork(KEEPER, 30));
    expect(said(attribution.takeEvents())).toEqual(['fork 10 db']);
  });

  test('belongs to nobody without an announcement, and no longer holds back others', () => {
    const attribution = traced({patienceMs: 0});
    attribution.feed(fork(KEEPER, 30));
    attribution.feed(exec(30));
    expect(said(attribution.takeEvents())).toEqual(['fork 10 -', 'exec 30 -']);
    attribution.announce(30, db, Date.now(), KEEPER);
    attribution.feed(exec(30));
    expect(said(attribution.takeEvents())).toEqual(['exec 30 db']);
  });

  test('is reported at the end, with an owner or without', () => {
    const attribution = traced();
    attribution.feed(fork(KEEPER, 30));
    expect(said(attribution.takeEvents(true))).toEqual(['fork 10 -']);
    expect(attribution.isHolding).toBe(false);
  });

  test('whose fork was not seen has the announced parent', () => {
    const attribution = traced();
    attribution.feed(fork(null, 30));
    attribution.announce(30, db, Date.now(), KEEPER);
    attribution.feed(fork(null, 31));
    attribution.announce(31, web, Date.now(), null);
    expect(said(attribution.takeEvents())).toEqual(['fork 10 db', 'fork ? web']);
  });
});

test('an unknown orphan from the start is waited for; its announcement does not extend to its relatives', () => {
  const attribution = traced();
  attribution.know({pid: 50, ppid: KEEPER, owner: null, chosen: false, command: null});
  attribution.know({pid: 51, ppid: 50, owner: null, chosen: false, command: null});
  attribution.feed(exec(51));
  expect(attribution.takeEvents()).toEqual([]);
  attribution.announce(50, db, Date.now(), null);
  expect(said(attribution.takeEvents())).toEqual(['exec 51 db']);

  attribution.know({pid: 60, ppid: 1, owner: NOBODY, chosen: false, command: null});
  for (const event of [fork(60, 61), fork(60, 62), fork(61, 63)]) attribution.feed(event);
  attribution.takeEvents();
  attribution.announce(61, web, Date.now(), null);
  for (const pid of [60, 61, 62, 63]) attribution.feed(exec(pid));
  expect(said(attribution.takeEvents())).toEqual(['exec 60 -', 'exec 61 web', 'exec 62 -', 'exec 63 web']);
});

test('forks reported after the processes were found do not change their owners', () => {
  const attribution = traced();
  const before = Date.now() - 100;
  attribution.know({pid: 70, ppid: KEEPER, owner: db, chosen: false, command: null});
  attribution.know({pid: 71, ppid: KEEPER, owner: null, chosen: false, command: null});
  attribution.announce(71, web, Date.now(), KEEPER);
  attribution.feed({type: 'fork', at: before, pid: 69, child: 70}); // its parent ended long ago
  attribution.feed({type: 'fork', at: before, pid: KEEPER, child: 71});
  attribution.feed(exec(70));
  attribution.feed(exec(71));
  expect(said(attribution.takeEvents())).toEqual(['fork 69 db', 'fork 10 web', 'exec 70 db', 'exec 71 web']);
});

test('an exit status that only the supervisor has is waited for', () => {
  const attribution = traced();
  attribution.feed(exit(20, KEEPER, null), true);
  attribution.feed(fork(20, 21));
  expect(attribution.takeEvents()).toEqual([]);
  attribution.ended(20, {code: null, signal: 'SIGKILL'});
  expect(attribution.takeEvents().map(({event}) => event)).toMatchObject([{type: 'exit', pid: 20, signal: 'SIGKILL'}]);
});

test('commands are read at exec, and inherited by fork', () => {
  const attribution = traced();
  for (const event of [fork(20, 21), exec(21), fork(21, 22), exit(22), exit(21)]) attribution.feed(event);
  expect(attribution.takeEvents().map(({command}) => command)).toEqual([
    'web',
    'command of 21',
    'command of 21',
    'command of 21',
    'command of 21',
  ]);
});

test('a descendant of a chosen process is chosen, and its parent is not', () => {
  const attribution = traced();
  attribution.know({pid: 40, ppid: 20, owner: web, chosen: true, command: null});
  for (const event of [fork(20, 21), fork(40, 41), fork(41, 42), exit(41), exec(42)]) attribution.feed(event);
  expect(attribution.takeEvents().map(({chosen}) => chosen)).toEqual([false, true, true, true, true]);
});

test('after a loss, kept processes have their owners, and others are forgotten', () => {
  const attribution = traced();
  for (const event of [fork(20, 21), fork(20, 22)]) attribution.feed(event);
  attribution.takeEvents();
  attribution.keepOnly(pid => pid !== 22);
  attribution.feed(exec(21));
  attribution.feed(exec(22));
  expect(said(attribution.takeEvents())).toEqual(['exec 21 web']);
});

interface Model {
  readonly owner: string | null;
  /** It descends from an initially known process. */
  readonly isShown: boolean;
}

/** Processes that start and end at random, with few pids, so that these are reused all the time. */
function story(seed: number): void {
  const random = new Prng(seed);
  const all = random.chance(0.5);
  const attribution = traced({all});
  const living = new Map<number, Model>([
    [KEEPER, {owner: null, isShown: true}],
    [20, {owner: 'web', isShown: true}],
    [5, {owner: null, isShown: all}],
  ]);
  const expected: string[] = [];
  const unannounced: {readonly pid: number; readonly worker: string}[] = [];
  const free = (): number | null => {
    const pid = 20 + random.int(12);
    return living.has(pid) || unannounced.some(one => one.pid === pid) ? null : pid;
  };
  for (let step = 0; step < 200; step++) {
    const pid = random.pick([...living.keys()]);
    const {owner, isShown} = living.get(pid) ?? {owner: null, isShown: false};
    const child = free();
    if (random.chance(0.5) && child !== null) {
      const isFirst = pid === KEEPER;
      const worker = isFirst ? random.pick(['web', 'db']) : owner;
      living.set(child, {owner: worker, isShown});
      const early = isFirst && random.chance(0.3);
      if (isFirst && early) attribution.announce(child, {worker, instance: 1}, Date.now(), KEEPER);
      else if (isFirst && worker !== null) unannounced.push({pid: child, worker});
      attribution.feed(fork(pid, child));
      if (isShown) expected.push(`fork ${pid} ${worker ?? '-'}`);
    } else if (random.chance(0.4) && pid !== KEEPER && pid !== 5) {
      living.delete(pid);
      attribution.feed(exit(pid));
      if (isShown) expected.push(`exit ${pid} ${owner ?? '-'}`);
    } else {
      attribution.feed(exec(pid));
      if (isShown) expected.push(`exec ${pid} ${owner ?? '-'}`);
    }
    const next = random.chance(0.4) ? unannounced.shift() : undefined;
    if (next) attribution.announce(next.pid, {worker: next.worker, instance: 1}, Date.now(), KEEPER);
    if (random.chance(0.3)) {
      const told = said(attribution.takeEvents());
      expect(told, `seed ${seed}`).toEqual(expected.splice(0, told.length));
    }
  }
  for (const {pid, worker} of unannounced) attribution.announce(pid, {worker, instance: 1}, Date.now(), KEEPER);
  expect(said(attribution.takeEvents()), `seed ${seed}`).toEqual(expected);
  expect(attribution.isHolding).toBe(false);
}

test('for any forks, execs and exits with reused pids, the owners are right and the events in order', () => {
  for (let seed = 1; seed <= 300; seed++) story(seed);
});
