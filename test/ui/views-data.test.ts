/** Past values: rings, life lines, sparklines; and the graph of channels as lines. */
import fc from 'fast-check';
import {describe, expect, test} from 'vitest';
import type {Join} from '../../src/text/channels/joins.ts';
import {Ring} from '../../ui/data/ring.ts';
import {sparkline} from '../../ui/data/sparkline.ts';
import {glyphsOf} from '../../ui/screen/glyphs.ts';
import {graphRows} from '../../ui/views/ipc-graph.ts';
import {makeApp} from './golden-app.ts';

test('a ring has the last values up to its capacity, for any sequence of pushes', () => {
  fc.assert(
    fc.property(fc.integer({min: 1, max: 9}), fc.array(fc.integer(), {maxLength: 40}), (capacity, pushed) => {
      const ring = new Ring(capacity);
      for (const value of pushed) ring.push(value);
      const kept = pushed.slice(-capacity);
      expect(ring.length).toBe(kept.length);
      expect(Array.from({length: ring.length}, (_, n) => ring.back(n))).toEqual([...kept].reverse());
      expect(ring.back(ring.length)).toBeNaN();
    }),
  );
});

describe('a sparkline', () => {
  const bars = glyphsOf({LANG: 'C.UTF-8'}).spark;

  test.each<[readonly number[], string]>([
    [[], '    '],
    [[0, 1, 50, 100], ' ▁▄█'],
    [[500], '   █'],
    [[NaN, -3, 100], '   █'],
    [[1, 2, 3, 4, 5, 100], '▁▁▁█'],
  ])('of %j is "%s"', (values, line) => {
    expect(sparkline(values, 4, 100, bars)).toBe(line);
  });
});

describe('the history of processes', () => {
  test('is kept while they live, and not inherited by a successor', async () => {
    const {world, processes} = await makeApp({readings: 0});
    const one = processes.byPid.get(4200)!;
    const key = (): string => world.keyOf(world.snapshot.rows.find(4200));
    // A key must be in use before its values are recorded.
    for (const state of ['S', 'R', 'D', 'T']) {
      processes.byPid.set(4200, {...one, state});
      await world.refresh();
    }
    expect(world.history.states(key(), 10)).toBe('SRDT');
    expect(world.history.states(key(), 2)).toBe('DT');
    expect(world.history.cpu(key(), 2)).toEqual([97.3, 97.3]);
    const before = key();
    processes.byPid.set(4200, {...one, start: 86_000});
    await world.refresh();
    expect([world.history.states(before, 10), world.history.states(key(), 10)]).toEqual(['', '']);
    const {size} = world.history;
    processes.byPid.delete(4100);
    await world.refresh();
    expect(world.history.size).toBeLessThan(size);
  });

  test("of an instance's CPU is kept while the instance exists", async () => {
    const {world, fleet} = await makeApp({readings: 3});
    expect(world.sparkOf('web/1')).toEqual([97.3, 97.3, 97.3]);
    fleet.ps = {...fleet.ps!, workers: fleet.ps!.workers.filter(({id}) => id !== 'web/1')};
    await world.refresh();
    expect(world.sparkOf('web/1')).toEqual([]);
  });
});

describe('the graph of channels', () => {
  const glyphs = glyphsOf({LANG: 'C'});
  const node = (label: string) => ({key: label, label, group: label});
  const join = (from: string, to: string, oneWay = true): Join => ({
    kind: oneWay ? 'pipe' : 'unix',
    from: from.split(' ').filter(Boolean).map(node),
    to: to.split(' ').filter(Boolean).map(node),
    oneWay,
    channels: [],
  });
  const drawn = (...joins: readonly Join[]): string[] =>
    graphRows(joins, glyphs).map(row => (row.node ? row.node.label : `${row.stroke}${row.to}`));

  test('shows a channel below both its ends, in its direction', () => {
    expect(drawn(join('a', 'b'))).toEqual(['a', '`- > b', 'b', '`- < a']);
    expect(drawn(join('a', 'b', false))).toEqual(['a', '`- = b', 'b', '`- = a']);
  });

  test('orders numbers in names by value', () => {
    expect(drawn(join('web/10', 'web/9')).filter(line => !line.startsWith('`'))).toEqual(['web/9', 'web/10']);
  });

  test('shows the sharers of an end, each once', () => {
    expect(drawn(join('a b', 'c'))).toEqual(['a', '`- > c (with b)', 'b', '`- > c (with a)', 'c', '`- < a, b']);
    // One that holds both ends.
    expect(drawn(join('w', 'k w'))).toEqual(['k', '`- < w', 'w', '`- = k']);
  });

  test('shows an end without others', () => {
    expect(drawn(join('a', ''))).toEqual(['a', '`- . no other process']);
    expect(drawn(join('a b', ''))).toEqual(['a', '`- shared with b', 'b', '`- shared with a']);
  });

  test('has a stable and unique key for each line', () => {
    const joins = [join('a', 'b'), join('a', 'c'), join('b', 'c', false)];
    const keys = graphRows(joins, glyphs).map(({key}) => key);
    expect(new Set(keys).size).toBe(keys.length);
    expect(graphRows(joins, glyphs).map(({key}) => key)).toEqual(keys);
  });
});
