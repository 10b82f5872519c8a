/** The selection of a list stays with its row, for any changes of rows. */
import {describe, expect, test} from 'vitest';
import type {Column} from '../../ui/list/column.ts';
import {compareValues, fitted, place} from '../../ui/list/column.ts';
import {List} from '../../ui/list/list.ts';

interface Row {
  readonly name: string;
  readonly cpu: number | null;
}

const COLUMNS: readonly Column<Row>[] = [
  {id: 'name', title: 'NAME', width: 6, text: ({name}) => name, value: ({name}) => name},
  {id: 'cpu', title: 'CPU', width: 5, text: ({cpu}) => String(cpu ?? '-'), value: ({cpu}) => cpu, descending: true},
];

/** A list of rows that the test changes; `a1 b2` is two rows. */
class Given {
  rows: Row[] = [];
  readonly list: List<Row>;

  constructor(text: string, height = 5) {
    this.list = new List<Row>({columns: COLUMNS, rows: () => this.rows, key: ({name}) => name});
    this.list.setHeight(height);
    this.set(text);
  }

  set(text: string): this {
    this.rows = text
      .split(' ')
      .filter(Boolean)
      .map(word => ({
        name: word.replace(/[\d?]+$/, ''),
        cpu: /\d+$/.test(word) ? Number(/\d+$/.exec(word)?.[0]) : null,
      }));
    this.list.refresh();
    return this;
  }

  get shown(): string {
    return this.list.rows.map(({name}) => name).join(' ');
  }

  /** Returns the screen line of the selection within the list. */
  get height(): number {
    return this.list.place - this.list.top;
  }
}

const many = (from: number, to: number): string =>
  Array.from(
    {length: to - from},
    (_, n) =>
      `row-${String.fromCharCode(97 + Math.floor((from + n) / 26))}${String.fromCharCode(97 + ((from + n) % 26))}`,
  ).join(' ');

describe('the selection', () => {
  test('stays on its row when others are added or removed above and below', () => {
    const given = new Given('a b c d');
    given.list.select('c');
    given.set('x y a b z c d');
    expect(given.list.selectedKey).toBe('c');
    given.set('c d');
    expect(given.list.selectedKey).toBe('c');
  });

  test('stays on its screen line, so that the user finds it again', () => {
    const given = new Given(many(0, 40), 10);
    given.list.moveTo(20);
    given.list.move(-4);
    const {height} = given;
    const key = given.list.selectedKey;
    given.set(`new-a new-b new-c ${many(0, 40)}`);
    expect([given.list.selectedKey, given.height]).toEqual([key, height]);
    given.set(many(8, 40));
    expect([given.list.selectedKey, given.height]).toEqual([key, height]);
  });

  test('moves to the next row in its place when its row is removed', () => {
    const given = new Given('a b c d');
    given.list.select('b');
    given.set('a c d');
    expect(given.list.selectedKey).toBe('c');
    given.list.select('d');
    given.set('a c');
    expect(given.list.selectedKey).toBe('c');
  });

  test('of a list that was empty is the first row', () => {
    const given = new Given('');
    expect([given.list.selected, given.list.selectedKey, given.list.targets()]).toEqual([undefined, null, []]);
    given.set('a b');
    expect(given.list.selectedKey).toBe('a');
    given.set('');
    expect(given.list.selectedKey).toBeNull();
  });

  test('follows its row when the list is sorted anew after a change', () => {
    const given = new Given('a9 b5 c1');
    given.list.sortBy('cpu');
    given.list.select('b');
    given.set('a1 b5 c9');
    expect([given.shown, given.list.selectedKey]).toEqual(['c b a', 'b']);
    given.set('a1 b99 c9');
    expect([given.shown, given.list.selectedKey]).toEqual(['b c a', 'b']);
  });

  test('stays on a row that matches the filter, and moves to the nearest one otherwise', () => {
    const given = new Given('ant bee cow ape');
    given.list.select('ape');
    given.list.setFilter('a');
    expect([given.shown, given.list.selectedKey]).toEqual(['ant ape', 'ape']);
    given.list.setFilter('cow');
    expect(given.list.selectedKey).toBe('cow');
    given.list.setFilter('');
    expect([given.shown, given.list.selectedKey]).toEqual(['ant bee cow ape', 'cow']);
  });

  test('moves by lines and pages, and not beyond the ends', () => {
    const given = new Given(many(0, 30), 10);
    given.list.move(-1);
    expect(given.list.place).toBe(0);
    given.list.page(1);
    expect(given.list.place).toBe(9);
    given.list.moveTo(99);
    expect([given.list.place, given.list.top]).toEqual([29, 20]);
    given.list.page(-1);
    expect(given.list.place).toBe(20);
  });

  test('remains visible when the terminal is resized', () => {
    const given = new Given(many(0, 30), 10);
    given.list.moveTo(9);
    given.list.setHeight(3);
    expect([given.list.place, given.list.top]).toEqual([9, 7]);
  });
});

describe('sorting', () => {
  test('keeps the order of equal rows', () => {
    const given = new Given('d1 a1 c1 b2');
    given.list.sortBy('cpu');
    expect(given.shown).toBe('b d a c');
    given.list.invert();
    expect(given.shown).toBe('d a c b');
  });

  test('puts unknown values last, in either direction', () => {
    const given = new Given('a? b1 c2');
    given.list.sortBy('cpu');
    expect(given.shown).toBe('c b a');
    given.list.invert();
    expect(given.shown).toBe('b c a');
  });

  test('cycles through the shown columns and the natural order', () => {
    const given = new Given('b1 a2');
    const orders = Array.from({length: 3}, () => {
      given.list.sortNext(['name', 'cpu']);
      return [given.list.sorting.column, given.shown];
    });
    expect(orders).toEqual([
      ['name', 'a b'],
      ['cpu', 'a b'],
      [null, 'b a'],
    ]);
    given.list.invert();
    expect(given.shown).toBe('a b');
  });

  test('orders numbers in names by value', () => {
    expect(['web/10', 'web/9', 'Web/1'].sort((a, b) => compareValues(a, b, false))).toEqual([
      'Web/1',
      'web/9',
      'web/10',
    ]);
  });
});

describe('tags', () => {
  test('are the targets, if there are any, as far as they are shown', () => {
    const given = new Given('a b c');
    given.list.toggleTag('a');
    given.list.toggleTag('c');
    given.list.select('b');
    expect(given.list.targets().map(({name}) => name)).toEqual(['a', 'c']);
    given.list.setFilter('a');
    expect([given.list.tagged.size, given.list.targets().map(({name}) => name)]).toEqual([2, ['a']]);
    given.list.setFilter('');
    given.list.toggleTag('a');
    expect(given.list.targets().map(({name}) => name)).toEqual(['c']);
  });

  test('of removed rows are removed, and not transferred to others in their place', () => {
    const given = new Given('a b c');
    given.list.toggleTag('b');
    given.set('a c');
    expect([...given.list.tagged]).toEqual([]);
    expect(given.list.targets().map(({name}) => name)).toEqual(['a']);
  });
});

describe('search', () => {
  test('selects the next match, in both directions, and wraps around', () => {
    const given = new Given('ant bee ape cow');
    expect(given.list.setSearch('A')).toBe(true);
    expect(given.list.selectedKey).toBe('ant');
    const found = [1, 1, -1].map(by => {
      given.list.searchNext(by === 1 ? 1 : -1);
      return given.list.selectedKey;
    });
    expect(found).toEqual(['ape', 'ant', 'ape']);
  });

  test('without a match keeps the selection', () => {
    const given = new Given('ant bee');
    given.list.select('bee');
    expect([given.list.setSearch('zebra'), given.list.searchNext(1), given.list.searchNext(-1)]).toEqual([
      false,
      false,
      false,
    ]);
    expect(given.list.selectedKey).toBe('bee');
  });

  test('for an empty text has no match', () => {
    const given = new Given('ant bee');
    expect([given.list.setSearch(''), given.list.searchNext(1)]).toEqual([true, false]);
  });
});

describe('columns', () => {
  const wide = (id: string, width: number, drop?: number): Column<Row> => ({
    id,
    title: id,
    width,
    text: () => '',
    value: () => null,
    ...(drop === undefined ? {} : {drop}),
  });
  const shownAt = (available: number): string =>
    place([wide('a', 5), wide('b', 5, 2), wide('c', 5, 1), wide('d', 5)], available)
      .map(({column, x, width}) => `${column.id}${x}+${width}`)
      .join(' ');

  test('are hidden in their order, and the last one takes the rest', () => {
    expect([40, 23, 22, 16, 11, 3].map(shownAt)).toEqual([
      'a0+5 b6+5 c12+5 d18+22',
      'a0+5 b6+5 c12+5 d18+5',
      'a0+5 b6+5 d12+10',
      'a0+5 d6+10',
      'a0+5 d6+5',
      'a0+5 d6+1',
    ]);
  });

  test('fit their texts within bounds', () => {
    expect([
      fitted([], 3, 9),
      fitted(['seven77'], 3, 9),
      fitted(['図図'], 3, 9),
      fitted(['x'.repeat(50)], 3, 9),
    ]).toEqual([3, 7, 4, 9]);
  });
});
