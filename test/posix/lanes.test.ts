import {expect, test} from 'vitest';
import {Lanes} from '../../src/posix/lanes.ts';

/** Jobs that end when the test ends them. */
function worksOf(lanes: Lanes) {
  const started: string[] = [];
  const ends = new Map<string, () => void>();
  return {
    started,
    add: (key: string, name: string): void =>
      lanes.run(key, done => {
        started.push(name);
        ends.set(name, done);
      }),
    end: (name: string): void => ends.get(name)?.(),
  };
}

test('each key has one job at a time, and all together no more than there are lanes', () => {
  const lanes = new Lanes(2);
  const {started, add, end} = worksOf(lanes);
  for (const name of ['a1', 'a2', 'b1', 'c1', 'b2']) add(name[0]!, name);
  // a2 waits for a1, and c1 for a lane.
  expect(started).toEqual(['a1', 'b1']);
  end('b1');
  expect(started).toEqual(['a1', 'b1', 'c1']);
  end('c1');
  expect(started).toEqual(['a1', 'b1', 'c1', 'b2']);
  end('b2');
  // The jobs of key a delay no other key.
  for (let i = 0; i < 100; i++) add('a', `a${i + 3}`);
  add('d', 'd1');
  expect(started.at(-1)).toBe('d1');
  end('d1');
  expect(lanes.isBusy).toBe(true);
  for (let i = 1; i <= 102; i++) end(`a${i}`);
  expect(started.filter(name => name.startsWith('a'))).toHaveLength(102);
  expect(lanes.isBusy).toBe(false);
});

test('jobs that end at once are all run', () => {
  const lanes = new Lanes(1);
  let count = 0;
  for (let i = 0; i < 5; i++)
    lanes.run(String(i % 2), done => {
      count++;
      done();
    });
  expect(count).toBe(5);
  expect(lanes.isBusy).toBe(false);
});
