/** Which connection is closed for a new one: properties that hold for any set of connections. */
import {expect, test} from 'vitest';
import {
  admit,
  IDLE_MS,
  MAX_CONNECTIONS,
  MOST_OF_PROCESS,
  RESERVED,
  RESERVED_FOR_ROOT,
  RESERVED_MS,
  SILENT_MS,
  type Place,
} from '../../src/control/admission.ts';
import {Prng} from '../simulation/prng.ts';

const OWNER = 1000;
const NOW = 100_000;
const FLOOD = 4711;

interface Held extends Place {
  readonly name: string;
}

let named = 0;
const place = (fields: Partial<Held> = {}): Held => ({
  name: `c${named++}`,
  uid: OWNER,
  pid: FLOOD,
  since: NOW - 60_000,
  hasAsked: true,
  idleSince: null,
  isAttached: false,
  isReserved: false,
  ...fields,
});
const many = (count: number, fields: Partial<Held> = {}): Held[] => Array.from({length: count}, () => place(fields));
const ordinary = MAX_CONNECTIONS - RESERVED;

/** A server that follows the verdicts. Connections arrive one by one. */
class Door {
  places: Held[] = [];
  readonly dropped: Held[] = [];

  come(fields: Partial<Held>, now: number): Held | null {
    const one = place({since: now, hasAsked: false, idleSince: now, ...fields});
    const verdict = admit(this.places, one, now);
    if (!verdict.admitted) return null;
    if (verdict.drop) {
      const {drop} = verdict;
      expect(this.places).toContain(drop);
      this.dropped.push(drop);
      this.places = this.places.filter(other => other !== drop);
    }
    const taken = {...one, isReserved: verdict.isReserved};
    this.places.push(taken);
    return taken;
  }
}

test('while there are ordinary places, a connection takes one, and none is closed', () => {
  expect(admit(many(ordinary - 1, {idleSince: 0}), place(), NOW)).toEqual({
    admitted: true,
    drop: null,
    isReserved: false,
  });
});

test('a connection without a request is closed first, then the one that was idle for longest', () => {
  const busy = many(ordinary - 3);
  const idle = place({idleSince: NOW - 50_000});
  const longer = place({idleSince: NOW - 55_000});
  const silent = place({hasAsked: false, since: NOW - SILENT_MS, idleSince: NOW - SILENT_MS});
  const dropOf = (places: readonly Held[]): unknown => {
    const verdict = admit(places, place({pid: 1}), NOW);
    return verdict.admitted && verdict.drop;
  };
  expect(dropOf([...busy, idle, silent, longer])).toBe(silent);
  expect(dropOf([...busy, ...many(1), idle, longer])).toBe(longer);
  expect(dropOf([...busy, ...many(2), idle])).toBe(idle);
});

test('of several processes, the one with most idle connections loses one', () => {
  const alone = place({pid: 1, idleSince: 0});
  const leak = many(ordinary - 1, {idleSince: NOW - IDLE_MS});
  const verdict = admit([alone, ...leak], place({pid: 2}), NOW);
  expect(verdict.admitted && verdict.drop?.pid).toBe(FLOOD);
});

test.each([
  ['idle', {}],
  ['busy', {idleSince: null, hasAsked: true}],
])('however many %s connections a process opens, other processes are admitted at once, and stay', (_how, fields) => {
  const door = new Door();
  let now = NOW;
  for (let i = 0; i < 2_000; i++) door.come({pid: FLOOD, ...fields}, now++);
  const ps = door.come({pid: 1}, now);
  const down = door.come({pid: 2, idleSince: null, hasAsked: true}, now);
  expect(ps).not.toBeNull();
  expect(down).not.toBeNull();
  for (let i = 0; i < 2_000; i++) door.come({pid: FLOOD, ...fields}, (now += 2));
  expect(door.places).toContain(down);
});

test('many processes with one busy connection each: the newest is admitted within the time that a reserved place lasts', () => {
  const door = new Door();
  for (let pid = 1; pid <= 2_000; pid++) door.come({pid, idleSince: null, hasAsked: true}, NOW);
  expect(door.come({pid: 5_000}, NOW)).toBeNull();
  expect(door.come({pid: 5_000}, NOW + RESERVED_MS)).not.toBeNull();
});

test('root is admitted when the owner has taken all places, and loses its place to no other user', () => {
  const door = new Door();
  for (let pid = 1; pid <= 1_000; pid++) door.come({pid, idleSince: null, hasAsked: true}, NOW);
  expect(door.places).toHaveLength(MAX_CONNECTIONS - RESERVED_FOR_ROOT);
  const root = door.come({uid: 0, pid: 5_000}, NOW);
  expect(root).not.toBeNull();
  for (let pid = 1; pid <= 1_000; pid++) door.come({pid, idleSince: null, hasAsked: true}, NOW + 10 * RESERVED_MS);
  expect(door.places).toContain(root);
});

test.each(Array.from({length: 20}, (_, seed) => [seed]))(
  'the rules hold for any arrivals and departures (seed %i)',
  seed => {
    const random = new Prng(seed);
    const door = new Door();
    let now = NOW;
    for (let step = 0; step < 1_500; step++) {
      now += random.int(200);
      if (random.chance(0.1) && door.places.length > 0) {
        door.places.splice(random.int(door.places.length), 1);
        continue;
      }
      const kind = random.int(4);
      const asked = kind > 0;
      const idleSince = kind > 1 ? null : now;
      const uid = random.chance(0.05) ? 0 : OWNER;
      const pid = random.chance(0.7) ? FLOOD : random.int(400);
      const before = door.places;
      const held = before.filter(one => one.pid === pid).length;
      const known = door.dropped.length;
      const fields = {uid, pid, hasAsked: asked, idleSince, isAttached: kind === 3 && random.chance(0.05)};
      const got = door.come(fields, now);
      const [lost] = door.dropped.slice(known);
      expect(door.places.length).toBeLessThanOrEqual(MAX_CONNECTIONS);
      expect(door.places.filter(({isReserved}) => !isReserved).length).toBeLessThanOrEqual(ordinary);
      expect(lost?.isAttached ?? false).toBe(false);
      // A busy connection is closed only in a reserved place, after its time.
      if (lost?.idleSince === null) expect(lost.isReserved && now - lost.since >= RESERVED_MS).toBe(true);
      if (lost && before.length < ordinary) throw new Error('there was room');
      if (got?.isReserved && pid !== 0) expect(held).toBeLessThan(MOST_OF_PROCESS);
      if (lost?.isReserved && uid !== 0) expect(lost.uid).not.toBe(0);
      if (got === null) expect(before.some(one => !one.isReserved && one.idleSince !== null)).toBe(false);
    }
  },
);
