/** The meaning of a filter line, and the message for an invalid one. */
import fc from 'fast-check';
import {describe, expect, test} from 'vitest';
import {parseFilter, type Fields} from '../../ui/list/filter.ts';

interface Process {
  readonly pid: number;
  readonly state: string;
  readonly user: string;
  readonly cpu: number | null;
  readonly mem: number;
  readonly command: string;
}

const GIB = 1024 ** 3;
const PROCESSES: readonly Process[] = [
  {pid: 1, state: 'S', user: 'root', cpu: 0, mem: 9 * 1024 ** 2, command: '/sbin/init'},
  {pid: 70, state: 'R', user: 'www', cpu: 97, mem: 2 * GIB, command: 'nginx: worker process'},
  {pid: 71, state: 'S', user: 'www', cpu: 12.5, mem: GIB, command: 'nginx: worker process'},
  {pid: 700, state: 'Z', user: 'www', cpu: null, mem: 0, command: '[convert] zombie'},
  {pid: 701, state: 't', user: 'ada', cpu: 50, mem: GIB, command: 'gdb "my prog" a=b'},
];
const COLUMNS = new Set(['pid', 'state', 'user', 'cpu', 'mem', 'command']);

const fieldsOf = (process: Process): Fields => ({
  field: name => new Map<string, string | number | null>(Object.entries(process)).get(name),
  text: () => Object.values(process).join(' '),
});
const found = (line: string): number[] => {
  const {match} = parseFilter(line, COLUMNS);
  return PROCESSES.filter(process => match(fieldsOf(process))).map(({pid}) => pid);
};
const ALL = PROCESSES.map(({pid}) => pid);

test.each<[string, readonly number[]]>([
  ['', ALL],
  ['   ', ALL],
  ['nginx', [70, 71]],
  ['NGINX', [70, 71]],
  ['worker nginx', [70, 71]],
  ['nginx root', []],
  ['"worker process"', [70, 71]],
  ['"process worker"', []],
  ['state=Z', [700]],
  ['STATE=z', [700]],
  ['state=t', [701]],
  ['state!=S', [70, 700, 701]],
  ['user=www', [70, 71, 700]],
  ['user=ww', []],
  ['user~^w', [70, 71, 700]],
  ['user=~^w', [70, 71, 700]],
  ['cpu>50', [70]],
  ['cpu>=50', [70, 701]],
  ['cpu>50%', [70]],
  ['cpu<12.5', [1]],
  ['cpu<=12.5', [1, 71]],
  ['cpu=12.5', [71]],
  ['mem>1G', [70]],
  ['mem>=1GiB', [70, 71, 701]],
  ['mem>1023M', [70, 71, 701]],
  ['mem>1.5g', [70]],
  ['mem<10M', [1, 700]],
  ['pid=70', [70]],
  ['pid!=70', [1, 71, 700, 701]],
  ['/^1/', [1]],
  ['/^70\\b/', [70]],
  ['/worker process/', [70, 71]],
  ['/a|b/ state=S', [1]],
  ['!nginx', [1, 700, 701]],
  ['!state=S', [70, 700, 701]],
  ['!/worker/ user=www', [700]],
  ['!"worker process"', [1, 700, 701]],
  ['user=www !state=Z cpu>50', [70]],
  ['command="nginx: worker process"', [70, 71]],
  // An equals sign in quotes is text.
  ['"a=b"', [701]],
])('%s', (line, pids) => {
  expect(parseFilter(line, COLUMNS).problem).toBeNull();
  expect(found(line)).toEqual(pids);
});

describe('an invalid line', () => {
  test.each([
    ['size>3', /^no such column: size; expected one of pid, state, user/],
    ['cpu>much', /^cpu> requires a number$/],
    ['mem<=', /^mem<= requires a number$/],
    ['/(/', /^\/\(\/ is not a regular expression$/],
    ['user~[', /is not a regular expression$/],
    ['nginx size>3', /^no such column: size/],
  ])('%s is reported', (line, problem) => {
    expect(parseFilter(line, COLUMNS).problem).toMatch(problem);
  });

  test('hides nothing by the invalid word, and applies the others', () => {
    expect(found('size>3')).toEqual(ALL);
    expect(found('size>3 user=ada')).toEqual([701]);
    expect(found('!size>3')).toEqual(ALL);
  });
});

test('any line that can be typed, even in part, is handled without an exception', () => {
  const words = fc.constantFrom(
    '/',
    '\\',
    '"',
    '!',
    '=',
    '>',
    '~',
    '(',
    '[',
    'cpu',
    'state',
    ' ',
    '5',
    'G',
    '*',
    '図',
    '\u{1f600}',
  );
  fc.assert(
    fc.property(fc.array(words, {maxLength: 12}), typed => {
      const line = typed.join('');
      const {problem} = parseFilter(line, COLUMNS);
      expect(problem === null || problem.length > 0).toBe(true);
      found(line);
    }),
    {numRuns: 1000},
  );
});

test('a word and its negation divide all processes', () => {
  const words = fc.constantFrom('nginx', 'state=S', 'cpu>10', 'mem<=1G', '/w.*r/', 'user!=root', '"a=b"');
  fc.assert(
    fc.property(words, word => {
      expect([...found(word), ...found(`!${word}`)].sort((a, b) => a - b)).toEqual(ALL);
    }),
  );
});
