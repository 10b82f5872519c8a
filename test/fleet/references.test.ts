import fc from 'fast-check';
import {describe, expect, test} from 'vitest';
import {findRings, showRing} from '../../src/fleet/cycles.ts';
import {check} from './check.ts';

const workers = (lines: Readonly<Record<string, string>>) =>
  `workers:\n${Object.entries(lines)
    .map(([name, rest]) => `  ${name}: {run: a${rest === '' ? '' : `, ${rest}`}}\n`)
    .join('')}`;

describe('dependencies', () => {
  test('requires implies after', async () => {
    const {fleet} = await check(workers({a: '', b: '', c: 'after: [a], requires: [b, a]'}));
    expect(fleet?.workers[2]).toMatchObject({after: ['a', 'b'], requires: ['b', 'a']});
  });

  test('a cycle is one error that lists it', async () => {
    expect((await check(workers({alder: 'after: [birch]', birch: 'requires: [alder]'}))).errors).toEqual([
      '2:27: cycle: alder -> birch -> alder: none of them can start first: remove one from after: or requires:',
    ]);
    expect((await check(workers({a: 'after: [a]'}))).errors).toEqual([expect.stringContaining('2:23: cycle: a -> a:')]);
    const two = await check(
      workers({a: 'after: [b]', b: 'after: [a]', c: 'after: [d, a]', d: 'after: [e]', e: 'after: [c]'}),
    );
    expect(two.errors.map(error => /cycle: [^:]*/.exec(error)?.[0])).toEqual([
      'cycle: a -> b -> a',
      'cycle: c -> d -> e -> c',
    ]);
  });

  test('a diamond is no cycle', async () => {
    const text = workers({a: '', b: 'after: [a]', c: 'after: [a]', d: 'after: [b, c], requires: [a]'});
    expect((await check(text)).errors).toEqual([]);
  });

  test.each([
    ['after: [webb]', 'a.after: webb is not a worker: did you mean web?'],
    ['requires: [nobody]', 'a.requires: nobody is not a worker'],
    ['after: [team]', 'a.after: team is a group: list its workers instead'],
    ['after: web', 'a.after: expected a list: write [web], found "web"'],
    ['after: [web, web]', 'a.after[1]: "web": is listed twice'],
  ])('%s is rejected', async (rest, said) => {
    const {errors} = await check(`${workers({a: rest, web: ''})}groups: {team: {members: [web]}}`);
    expect(errors).toEqual([expect.stringContaining(said)]);
  });

  test('a chain of ten thousand is accepted', () => {
    const chain = new Map(Array.from({length: 10_000}, (_, i) => [`w${i}`, [`w${i + 1}`]]));
    expect(findRings(chain)).toEqual([]);
    chain.set('w9999', ['w0']);
    expect(findRings(chain).map(ring => ring.length)).toEqual([10_000]);
    expect(showRing(findRings(chain)[0]!).length).toBeLessThan(120);
  });

  test('a cycle is found exactly where there is one', () => {
    const graph = fc.array(fc.array(fc.nat(7), {maxLength: 3}), {minLength: 1, maxLength: 8});
    fc.assert(
      fc.property(graph, arrows => {
        const map = new Map(arrows.map((targets, from) => [String(from), targets.map(String)]));
        const rings = findRings(map);
        for (const ring of rings) {
          for (const [i, name] of ring.entries()) expect(map.get(name)).toContain(ring[(i + 1) % ring.length]);
        }
        // Remove every node without an arrow to a remaining one; the rest are in a cycle or lead to one.
        const left = new Map(map);
        for (let before = -1; before !== left.size;) {
          before = left.size;
          for (const [name, targets] of left) if (!targets.some(target => left.has(target))) left.delete(name);
        }
        expect(rings.length > 0).toBe(left.size > 0);
      }),
    );
  });
});

describe('groups', () => {
  const groups = (text: string) => check(`${workers({a: '', b: ''})}groups:\n${text}`);

  test('have a strategy, members and a limit of their own', async () => {
    const {fleet} = await groups(
      '  g: {members: [a]}\n  h: {strategy: rest-for-one, members: [g, b], give_up: {restarts: 3}}\n',
    );
    expect(fleet?.groups).toEqual([
      {name: 'g', strategy: 'one-for-one', members: ['a'], giveUp: null},
      {name: 'h', strategy: 'rest-for-one', members: ['g', 'b'], giveUp: {restarts: 3, withinMs: 60_000}},
    ]);
  });

  test.each([
    ['  a: {members: [b]}', '5:3: a is already a worker'],
    [
      '  g: {members: [a]}\n  h: {members: [a]}',
      '6:17: h.members: a is already in g: a member can be in only one group',
    ],
    ['  g: {members: [c]}', '5:17: g.members: c is not a worker or group'],
    ['  g: {members: []}', 'g.members: expected a list such as'],
    ['  g: {strategy: one-for-all}', '5:3: g: members is missing: expected a list'],
    ['  g: {members: [h]}\n  h: {members: [g]}', "5:17: cycle: g -> h -> g: a group can't contain itself"],
    ['  g: {members: [g]}', 'cycle: g -> g'],
    ['  g: {strategy: one_for_all, members: [a]}', 'did you mean one-for-all?'],
  ])('%j is rejected', async (text, said) => {
    expect((await groups(text)).errors).toEqual([expect.stringContaining(said)]);
  });
});

describe('channels', () => {
  const channels = (text: string, rest = '') => check(`${workers({a: rest, b: ''})}channels:\n${text}`);

  test('are of seven kinds', async () => {
    const {fleet, errors} = await channels(`
  http: {socket: 127.0.0.1:8080}
  near: {socket: 8081}
  six: {socket: '[::1]:80'}
  unix: {socket: ./run/web.sock}
  jobs: {queue: {}}
  feed: {pipe: {from: a, to: b}}
  slots: {semaphore: 5}
  mine: {lock: true}
  go: {event: true}
  frame: {shm: 4MiB}
`);
    expect(errors).toEqual([]);
    expect(fleet?.channels).toEqual([
      {name: 'http', kind: 'socket', address: '127.0.0.1:8080'},
      {name: 'near', kind: 'socket', address: '127.0.0.1:8081'},
      {name: 'six', kind: 'socket', address: '[::1]:80'},
      {name: 'unix', kind: 'socket', address: '/srv/shop/run/web.sock'},
      {name: 'jobs', kind: 'queue', capacity: 100, durable: false, redeliver: false},
      {name: 'feed', kind: 'pipe', from: 'a', to: 'b'},
      {name: 'slots', kind: 'semaphore', count: 5},
      {name: 'mine', kind: 'lock'},
      {name: 'go', kind: 'event'},
      {name: 'frame', kind: 'shm', bytes: 4 * 2 ** 20},
    ]);
  });

  test.each([
    ['  c: {pipe: {from: a, to: nobody}}', '5:27: c.pipe.to: nobody is not a worker'],
    ['  c: {pipe: {from: a, to: a}}', 'c.pipe: from and to are both a'],
    ['  c: {pipe: {from: a}}', '5:7: c.pipe: to is missing'],
    ['  c: {}', '5:3: c: expected one of socket, queue, pipe'],
    ['  c: {lock: true, event: true}', 'c: lock and event are both set'],
    ['  c: {que: {}}', 'unknown key que in c: did you mean queue?'],
    ['  c: {semaphore: 0}', 'from 1 to'],
    ['  c: {shm: 4096}', 'write 4096KiB'],
    ['  c: {socket: nowhere}', 'or a path that contains a / for a unix socket'],
    [`  c: {socket: /${'x'.repeat(120)}}`, 'at most 107 bytes'],
    ['  my-c: {lock: true}\n  MY-C: {lock: true}', '6:3: MY-C and my-c would both use BROOD_FD_MY_C'],
    ['  c: {lock: true}\n  c: {event: true}', '6:3: duplicate key "c": first on line 5'],
  ])('%j is rejected', async (text, said) => {
    expect((await channels(text)).errors).toEqual([expect.stringContaining(said)]);
  });

  test('a pipe without an end in this file waits for workers to be added', async () => {
    const {errors, notes} = await channels('  c: {pipe: {from: x, to: y}}');
    expect(errors).toEqual([]);
    expect(notes.filter(note => note.includes('is not a worker of this file'))).toHaveLength(2);
  });

  test('a pipe may be listed by the workers at its ends, and by no other', async () => {
    const pipe = '  feed: {pipe: {from: a, to: b}}';
    expect((await channels(pipe, 'channels: [feed]')).errors).toEqual([]);
    const text = `${workers({a: '', b: '', other: 'channels: [feed]'})}channels:\n${pipe}`;
    expect((await check(text)).errors).toEqual([
      '4:30: other.channels: feed is a pipe from a to b: remove it, or make other one of its ends',
    ]);
  });

  test('a pipe has no note about a missing effect', async () => {
    expect((await channels('  feed: {pipe: {from: a, to: b}}')).notes).toEqual([]);
  });

  test('that are not declared are rejected', async () => {
    expect((await check(workers({a: 'channels: [jobs]'}))).errors).toEqual([
      '2:26: a.channels: undeclared channel jobs: declare it under channels:',
    ]);
    expect((await channels('  jobs: {lock: true}', 'channels: [job]')).errors).toEqual([
      expect.stringContaining('did you mean jobs?'),
    ]);
  });

  test('of kind socket take the descriptors from 3 on', async () => {
    const text = '  one: {socket: 80}\n  two: {socket: 81}\n  l: {lock: true}';
    const said = async (fd: number) => (await channels(text, `channels: [one, l, two], ready: {fd: ${fd}}`)).errors;
    expect(await said(3)).toEqual([
      expect.stringContaining('a.ready.fd: descriptor 3 is already the socket one: use fd: 5'),
    ]);
    expect(await said(4)).toEqual([expect.stringContaining('descriptor 4 is already the socket two: use fd: 5')]);
    expect(await said(5)).toEqual([]);
    expect((await channels('  l: {lock: true}', 'channels: [l], ready: {fd: 3}')).errors).toEqual([]);
  });

  test('of kind pipe take those after the sockets', async () => {
    const text = '  feed: {pipe: {from: a, to: b}}\n  s: {socket: 80}\n  back: {pipe: {from: b, to: a}}';
    const said = async (fd: number) => (await channels(text, `channels: [s], ready: {fd: ${fd}}`)).errors;
    expect(await said(3)).toEqual([expect.stringContaining('descriptor 3 is already the socket s: use fd: 6')]);
    expect(await said(4)).toEqual([
      expect.stringContaining('a.ready.fd: descriptor 4 is already the pipe feed: use fd: 6'),
    ]);
    expect(await said(5)).toEqual([expect.stringContaining('descriptor 5 is already the pipe back: use fd: 6')]);
    expect(await said(6)).toEqual([]);
  });
});
