import {availableParallelism} from 'node:os';
import {defineConfig} from 'vitest/config';

/** Repeats what other work on the machine has kept from reaching its point, so beside others it takes three times as long. */
const CRASH = 'test/crash/crash.test.ts';

/** Gives a process a pid that was in use before, and thereby also makes the kernel give others such pids. */
const PIDS = 'test/end-to-end/pid-reused.test.ts';

/** Threads that wait for a file, and a heap that has grown, would stay for the next file: each has its own process. */
const ISOLATED = ['ipc', 'keeper', 'posix', 'process', 'security'].map(folder => `test/${folder}/**/*.test.ts`);

export default defineConfig({
  test: {
    globalSetup: ['test/setup.ts'],
    projects: [
      {
        extends: true,
        test: {
          name: 'tests',
          include: ['test/**/*.test.ts'],
          exclude: [CRASH, PIDS, ...ISOLATED],
          // A process and a module graph for each file took a sixth of the whole time.
          isolate: false,
          sequence: {groupOrder: 0},
        },
      },
      {extends: true, test: {name: 'isolated', include: ISOLATED, sequence: {groupOrder: 0}}},
      {extends: true, test: {name: 'crash', include: [CRASH], sequence: {groupOrder: 1}}},
      {extends: true, test: {name: 'pids', include: [PIDS], sequence: {groupOrder: 2}}},
    ],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    pool: 'forks',
    // Tests of fleets wait for much of their time, so two cores can run three. A percentage would end at the number of cores.
    maxWorkers: Math.ceil(1.5 * availableParallelism()),
  },
});
