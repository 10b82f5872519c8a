import type {EventRecord} from '../../src/journal/record.ts';
import {expect, test} from 'vitest';
import {watches} from '../../src/cli/doctor/checks/watches.ts';
import type {FleetTarget, Problem} from '../../src/cli/doctor/target.ts';
import {limitWords} from '../../src/cli/status/limits-format.ts';
import {changeWords, watchWords} from '../../src/text/watch-words.ts';
import {detail, FakeFleet} from './fake-fleet.ts';

const NOW = Date.parse('2024-05-01T12:00:00Z');
const watch = {paths: ['src'], ignored: [], watching: true, problems: []};

async function problems(
  instances: FleetTarget['instances'],
  changes: readonly (readonly [string, number])[],
): Promise<readonly Problem[]> {
  const records = changes.map(([path, ago], seq): EventRecord => ({
    seq,
    at: new Date(NOW - ago).toISOString(),
    type: 'file-changed',
    worker: 'web',
    instance: 1,
    path,
  }));
  const {folder} = new FakeFleet();
  const {supervisor, storm} = new FakeFleet().ps();
  return watches({
    folder,
    supervisor,
    storm,
    instances,
    records: new Map([['web/1', records]]),
    lastWords: () => Promise.resolve([]),
    now: NOW,
  });
}

const often = (path: string, every: number): (readonly [string, number])[] =>
  Array.from({length: 8}, (_, i) => [path, (8 - i) * every]);

test('doctor: a worker whose own writes restart it is a problem', async () => {
  const [storm, ...others] = await problems([detail('web/1', {watch})], often('src/log', 2_000));
  expect(others).toEqual([]);
  expect(storm).toMatchObject({
    kind: 'watch-storm',
    worker: 'web',
    message: expect.stringMatching(/8 times within a minute.*src\/log/) as string,
  });
  expect(storm?.advice).toContain("watch_ignore: ['src/log']");
});

test('doctor: occasional changes and changes of many files are no problem', async () => {
  expect(await problems([detail('web/1', {watch})], often('src/a.js', 20_000))).toEqual([]);
  const many = Array.from({length: 8}, (_, i): readonly [string, number] => [`src/${i}.js`, (8 - i) * 2_000]);
  expect(await problems([detail('web/1', {watch})], many)).toEqual([]);
  expect(await problems([detail('web/1', {watch: null})], often('src/log', 2_000))).toEqual([]);
});

test("doctor: paths that can't be watched are reported once per worker, with a remedy", async () => {
  const lost = {
    ...watch,
    problems: [
      {code: 'ENOSPC', message: 'no more'},
      {code: null, message: 'x does not exist'},
    ],
  };
  const found = await problems([detail('web/1', {watch: lost}), detail('web/2', {watch: lost})], []);
  expect(found.map(({kind, worker}) => [kind, worker])).toEqual([
    ['not-watched', 'web'],
    ['not-watched', 'web'],
  ]);
  expect(found[0]?.advice).toContain('fs.inotify.max_user_watches');
  expect(found[1]?.advice).toContain('Correct the path');
});

test('watched paths, and limits with their enforcement, are described', () => {
  expect(watchWords({...watch, ignored: ['*.log']})).toBe('src except *.log');
  expect(watchWords({...watch, watching: false})).toBe('src; not watched yet');
  const record = {seq: 1, at: '', type: 'file-changed', path: 'src/a'};
  expect(changeWords({...record, files: 1})).toBe('src/a has changed');
  expect(changeWords({...record, files: 3})).toBe('src/a and 2 other files have changed');
  const memory = {limit: 2 ** 29, by: 'cgroup', why: null} as const;
  expect(limitWords({memory, cpu: {limit: 50, by: null, why: 'no x'}, nofile: 99, core: 0})).toBe(
    'memory 512M (by cgroup), cpu 50% (not enforced: no x), nofile 99, core none',
  );
  expect(limitWords({memory: null, cpu: null, nofile: null, core: null})).toBe('');
});
