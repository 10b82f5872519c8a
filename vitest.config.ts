import {defineConfig} from 'vitest/config';

/** Starts whole fleets one after another. Runs alone, so that it does not disturb tests that measure times. */
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
    // End-to-end tests mostly wait, so even the last core can run some.
    maxWorkers: '100%',
  },
});
