/** The files of a cgroup, simulated in a plain folder: writes to them, and reads from them. */
import {mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterEach, beforeEach, describe, expect, test} from 'vitest';
import {cpuMax, limitsKept, oomOf, setLimits} from '../../src/keeper/cgroup/limits.ts';

let cgroup = '';
beforeEach(() => {
  cgroup = mkdtempSync(join(tmpdir(), 'brood-cgroup-'));
});
afterEach(() => rmSync(cgroup, {recursive: true, force: true}));

const put = (file: string, text = 'max\n'): void => writeFileSync(join(cgroup, file), text);
const get = (file: string): string => readFileSync(join(cgroup, file), 'utf8').trim();
const ALL = {memory: null, cpu: null};

describe('the limits of a run', () => {
  test('are written to the kernel: without swap, and with the end of the whole cgroup at once', () => {
    for (const file of ['memory.max', 'memory.swap.max', 'memory.oom.group', 'cpu.max']) put(file, '   ');
    expect(setLimits(cgroup, {memory: 2 ** 29, cpu: 50}, ALL)).toEqual(ALL);
    expect(['memory.max', 'memory.swap.max', 'memory.oom.group', 'cpu.max'].map(get)).toEqual([
      '536870912',
      '0',
      '1',
      '50000 100000',
    ]);
  });

  test.each([
    [100, '100000 100000'],
    [250, '250000 100000'],
    [1, '1000 100000'],
    [0.5, '5000 1000000'],
    [0.05, '1000 1000000'],
  ])('of %d %% of a core is %s', (percent, words) => expect(cpuMax(percent)).toBe(words));

  test('are enforced without swap accounting', () => {
    put('memory.max');
    expect(setLimits(cgroup, {memory: 4096, cpu: null}, ALL)).toEqual(ALL);
  });

  test('are not enforced if the kernel lacks the file, or there is no cgroup, and the reason is returned', () => {
    expect(setLimits(cgroup, {memory: 4096, cpu: null}, ALL).memory).toContain('ENOENT');
    expect(setLimits(null, {memory: 4096, cpu: null}, ALL).memory).toBe('it has no cgroup');
    expect(setLimits(cgroup, {memory: 4096, cpu: 1}, {memory: 'no x', cpu: 'no y'})).toEqual({
      memory: 'no x',
      cpu: 'no y',
    });
  });

  test('are found again by the next keeper', () => {
    put('memory.max', '4096\n');
    put('cpu.max', 'max 100000\n');
    expect(limitsKept(cgroup, {memory: 4096, cpu: 50})).toEqual({memory: null, cpu: 'its cgroup does not enforce it'});
    expect(limitsKept(null, {memory: 4096, cpu: null}).memory).not.toBeNull();
    expect(limitsKept(null, {memory: null, cpu: null})).toEqual(ALL);
  });
});

describe('an out-of-memory kill', () => {
  test.each([
    ['low 0\nhigh 0\nmax 12\noom 1\noom_kill 3\noom_group_kill 1\n', 'limit'],
    ['low 0\nhigh 0\nmax 0\noom 0\noom_kill 1\noom_group_kill 0\n', 'outside'],
    ['low 0\nhigh 0\nmax 4\noom 0\noom_kill 0\n', null],
    ['', null],
  ])('is read from memory.events: %j', (text, oom) => {
    put('memory.events', text);
    expect(oomOf(cgroup)).toBe(oom);
  });

  test('is unknown without such a controller', () => expect(oomOf(cgroup)).toBeNull());
});
