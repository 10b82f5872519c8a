import {defineConfig} from 'vitest/config';

/** It starts whole fleets one after another: alone, so that it disturbs none of those that look at times. */
const CRASH = 'test/crash/crash.test.ts';

export default defineConfig({
  test: {
    globalSetup: ['test/setup.ts'],
    projects: [
      {
        extends: true,
        test: {name: 'tests', include: ['test/**/*.test.ts'], exclude: [CRASH], sequence: {groupOrder: 0}},
      },
      {extends: true, test: {name: 'crash', include: [CRASH], sequence: {groupOrder: 1}}},
    ],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    pool: 'forks',
    // Most of the time the end-to-end tests wait: also the last core can run some.
    maxWorkers: '100%',
  },
});
