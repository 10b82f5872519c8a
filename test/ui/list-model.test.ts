/** For any changes of rows and any keys, only what the user has chosen is selected, tagged or acted on. */
import fc from 'fast-check';
import {expect, test} from 'vitest';
import {List} from '../../ui/list/list.ts';

interface Row {
  readonly key: string;
  readonly value: number;
}

/** A step: a change of the rows, or a key. */
type Step =
  | {readonly kind: 'rows'; readonly rows: readonly Row[]}
  | {readonly kind: 'move'; readonly by: number}
  | {readonly kind: 'tag'}
  | {readonly kind: 'sort'; readonly column: 'key' | 'value' | null}
  | {readonly kind: 'invert'}
  | {readonly kind: 'height'; readonly height: number}
  | {readonly kind: 'filter'; readonly line: string};

const rowsOf = fc.uniqueArray(
  fc.record({
    key: fc.constantFrom(...'a b c d e f g h i j k l m n o p'.split(' ')),
    value: fc.integer({min: 0, max: 4}),
  }),
  {selector: ({key}) => key, maxLength: 16},
);

const steps = fc.array(
  fc.oneof(
    {weight: 6, arbitrary: rowsOf.map(rows => ({kind: 'rows' as const, rows}))},
    {weight: 4, arbitrary: fc.integer({min: -9, max: 9}).map(by => ({kind: 'move' as const, by}))},
    {weight: 2, arbitrary: fc.constant({kind: 'tag' as const})},
    fc.constantFrom('key' as const, 'value' as const, null).map(column => ({kind: 'sort' as const, column})),
    fc.constant({kind: 'invert' as const}),
    fc.integer({min: 1, max: 12}).map(height => ({kind: 'height' as const, height})),
    fc.constantFrom('', 'value>1', '!value=0', 'a').map(line => ({kind: 'filter' as const, line})),
  ),
  {maxLength: 40},
);

function take(list: List<Row>, step: Exclude<Step, {kind: 'rows'}>): void {
  switch (step.kind) {
    case 'move':
      list.move(step.by);
      break;
    case 'tag':
      if (list.selectedKey !== null) list.toggleTag(list.selectedKey);
      break;
    case 'sort':
      list.sortBy(step.column);
      break;
    case 'invert':
      list.invert();
      break;
    case 'height':
      list.setHeight(step.height);
      break;
    case 'filter':
      list.setFilter(step.line);
  }
}

test('the selection and the tags stay with their rows', () => {
  fc.assert(
    fc.property(rowsOf, steps, (first, all) => {
      let rows: readonly Row[] = first;
      let tags = new Set<string>();
      const list = new List<Row>({
        columns: [
          {id: 'key', title: '', width: 1, text: ({key}) => key, value: ({key}) => key},
          {id: 'value', title: '', width: 1, text: ({value}) => String(value), value: ({value}) => value},
        ],
        rows: () => rows,
        key: ({key}) => key,
      });
      list.refresh();
      for (const step of all) {
        const before = list.selectedKey;
        const height = list.place - list.top;
        if (step.kind === 'rows') {
          rows = step.rows;
          list.refresh();
        } else take(list, step);
        if (step.kind === 'tag' && before !== null && !tags.delete(before)) tags.add(before);
        const there = new Set(rows.map(({key}) => key));
        const shown = list.rows.map(({key}) => key);
        tags = new Set([...tags].filter(key => there.has(key)));

        // Only a movement changes the selection while its row exists.
        if (step.kind !== 'move' && before !== null && shown.includes(before)) expect(list.selectedKey).toBe(before);
        expect(list.selectedKey).toBe(shown[list.place] ?? null);
        expect(shown.length === 0 || list.selectedKey !== null).toBe(true);
        expect(list.place === 0 || (list.place >= list.top && list.top >= 0)).toBe(true);
        // At its screen line, unless the end of the list or of the screen prevents it.
        if (step.kind === 'rows' && before === list.selectedKey && list.top > 0 && list.place - list.top !== height)
          expect(list.place - list.top).toBeGreaterThan(height);
        expect(new Set(list.tagged)).toEqual(tags);
        const targets = list.targets().map(({key}) => key);
        expect(targets).toEqual(
          tags.size > 0 ? shown.filter(key => tags.has(key)) : list.selectedKey === null ? [] : [list.selectedKey],
        );
      }
    }),
    {numRuns: 500},
  );
});
