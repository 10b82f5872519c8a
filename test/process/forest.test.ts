/** Parents and children, also in readings that never were true at one moment. */
import fc from 'fast-check';
import {expect, test} from 'vitest';
import {Forest} from '../../src/process/forest.ts';
import {Rows} from '../../src/process/rows.ts';

interface Member {
  readonly pid: number;
  readonly ppid: number;
  readonly start?: number;
}

/** Simulates one reading with these processes. */
function fill(rows: Rows, members: readonly Member[]): void {
  rows.begin();
  for (const {pid, ppid, start = 0} of [...members].sort((a, b) => a.pid - b.pid)) {
    let row = rows.find(pid);
    if (row === -1) row = rows.add(pid);
    rows.ppid[row] = ppid;
    rows.startTime[row] = start;
    rows.cpuPercent[row] = pid;
    rows.keep(row);
  }
  rows.removeUnseen(() => undefined);
}

function forestOf(...members: Member[]): {rows: Rows; forest: Forest} {
  const rows = new Rows();
  fill(rows, members);
  return {rows, forest: new Forest(rows)};
}

/** Returns a form such as `1(2(4) 3)`. */
function drawn(rows: Rows, forest: Forest): string {
  const draw = (row: number): string => {
    const children = [...forest.children(row)].map(draw).join(' ');
    return `${rows.pid[row]}${children && `(${children})`}`;
  };
  return [...forest.roots()].map(draw).join(' ');
}

test('each process is below its parent, children by pid', () => {
  const {rows, forest} = forestOf(
    {pid: 1, ppid: 0},
    {pid: 2, ppid: 0},
    {pid: 5, ppid: 1},
    {pid: 4, ppid: 1},
    {pid: 9, ppid: 4},
  );
  expect(drawn(rows, forest)).toBe('1(4(9) 5) 2');
  expect(forest.depth(rows.find(9))).toBe(2);
  expect(rows.pid[forest.parent(rows.find(9))]).toBe(4);
  expect(forest.sum(rows.cpuPercent, rows.find(1))).toBe(1 + 4 + 5 + 9);
});

test('a process with an invisible parent is a root', () => {
  const {rows, forest} = forestOf({pid: 7, ppid: 3}, {pid: 8, ppid: 7}, {pid: 9, ppid: 0});
  expect(drawn(rows, forest)).toBe('7(8) 9');
});

test('a parent younger than its child is another process with a reused pid', () => {
  const {rows, forest} = forestOf(
    {pid: 3, ppid: 1, start: 500},
    {pid: 7, ppid: 3, start: 400},
    {pid: 8, ppid: 7, start: 400},
  );
  expect(drawn(rows, forest)).toBe('3 7(8)');
});

test('a cycle is cut, and the processes below it stay there', () => {
  const {rows, forest} = forestOf(
    {pid: 3, ppid: 4},
    {pid: 4, ppid: 5},
    {pid: 5, ppid: 3},
    {pid: 2, ppid: 4},
    {pid: 6, ppid: 6},
  );
  const text = drawn(rows, forest);
  expect(text.match(/\d/g)?.sort()).toEqual(['2', '3', '4', '5', '6']);
  expect(text).toMatch(/4\([^)]*2/);
});

test('for any parents, every process is listed once, after its parent, with contiguous subtrees, at each reading', () => {
  const pid = fc.integer({min: 1, max: 40});
  const members = fc.uniqueArray(fc.record({pid, ppid: fc.nat(40), start: fc.nat(3)}), {selector: one => one.pid});
  fc.assert(
    fc.property(fc.array(members, {minLength: 1, maxLength: 4}), readings => {
      const rows = new Rows();
      const forest = new Forest(rows);
      for (const reading of readings) {
        fill(rows, reading);
        const walk = reading.map((_, n) => forest.at(n));
        expect(forest.at(reading.length)).toBe(-1);
        expect(new Set(walk.map(row => rows.pid[row]))).toEqual(new Set(reading.map(one => one.pid)));
        for (const [n, row] of walk.entries()) {
          const parent = forest.parent(row);
          expect(forest.place(row)).toBe(n);
          expect(forest.depth(row)).toBe(parent === -1 ? 0 : forest.depth(parent) + 1);
          if (parent !== -1) {
            expect(rows.pid[parent]).toBe(rows.ppid[row]);
            expect(forest.place(parent)).toBeLessThan(n);
            expect(forest.place(parent) + forest.size(parent)).toBeGreaterThanOrEqual(n + forest.size(row));
          }
        }
        const roots = [...forest.roots()];
        expect(roots.reduce((sum, row) => sum + forest.size(row), 0)).toBe(reading.length);
        // No process is a root without reason.
        for (const row of roots) {
          const parent = rows.find(rows.ppid[row] ?? 0);
          const inRing =
            parent !== -1 &&
            forest.place(parent) < forest.place(row) + forest.size(row) &&
            forest.place(parent) >= forest.place(row);
          const younger = parent !== -1 && (rows.startTime[parent] ?? 0) > (rows.startTime[row] ?? 0);
          expect(parent === -1 || inRing || younger).toBe(true);
        }
      }
    }),
  );
});
