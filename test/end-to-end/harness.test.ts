import {existsSync} from 'node:fs';
import {expect, test} from 'vitest';
import {TestFleet, until} from './harness.ts';
import {environment, lives} from './processes.ts';

const sleeper = {run: ['sleep', '1000']};

test('disposal leaves nothing of a running fleet, not even a process that cleared its environment or left its parent', async () => {
  const before = new TestFleet({
    fleet: 't',
    workers: {
      w: {...sleeper, instances: 2},
      stray: {sh: 'setsid sleep 2000 & exec sleep 1000'},
      bare: {sh: 'exec env -i /bin/sleep 3000'},
    },
  });
  let left: number[] = [];
  try {
    before.up('--wait');
    await until('the stray', () => before.named('sleep').length === 5);
    expect(environment(before.worker('w').pid!)).toContain(`TEST_RUN=${process.env['TEST_RUN'] ?? ''}`);
    left = before.tagged().map(({pid}) => pid);
    expect(left.length).toBe(8);
    before.killSupervisor();
  } finally {
    await before[Symbol.asyncDispose]();
  }
  expect(left.filter(lives)).toEqual([]);
  expect(existsSync(before.folder)).toBe(false);
});
