/** Every exit code and every signal that ends a worker is recorded. */
import {constants, release} from 'node:os';
import {expect, test} from 'vitest';
import {TestFleet, until} from './harness.ts';
import {using} from './wrapped.ts';

test('the recorded exit has each code from 0 to 255, and the name of each signal that ends a process', async () => {
  const harmless = ['SIGSTOP', 'SIGTSTP', 'SIGTTIN', 'SIGTTOU', 'SIGCONT', 'SIGCHLD', 'SIGURG', 'SIGWINCH'];
  const second = ['SIGIOT', 'SIGPOLL', 'SIGUNUSED'];
  const signals = Object.entries(constants.signals).filter(
    ([name]) => !harmless.includes(name) && !second.includes(name),
  );
  expect(signals.length).toBeGreaterThan(20);
  const workers: Record<string, object> = {
    code: {sh: 'exit $((BROOD_INSTANCE - 1))', instances: 256, restart: 'never'},
    'rt-min': {run: ['perl', '-e', 'kill 34, $$; sleep 1000'], restart: 'never'},
    'rt-max': {run: ['perl', '-e', 'kill 64, $$; sleep 1000'], restart: 'never'},
  };
  for (const [name, number] of signals) {
    workers[name.toLowerCase()] = {sh: `kill -${number} $$; sleep 1000`, restart: 'never', limits: {core: 0}};
  }
  await using(new TestFleet({fleet: 't', workers}), async fleet => {
    fleet.up();
    const all = await until(
      'all to have ended',
      () => {
        const now = fleet.ps().workers;
        return now.every(({status}) => status === 'finished' || status === 'failed') && now;
      },
      30_000,
    );
    // Node has no names for real-time signals; the kernel reports a death by one since Linux 6.15.
    const [major = 0, minor = 0] = release().split('.').map(Number);
    const tells = major > 6 || (major === 6 && minor >= 15);
    for (const {worker, instance, exit, status} of all) {
      if (worker === 'code') {
        expect(exit).toMatchObject({code: instance - 1, signal: null});
        expect(status).toBe(instance === 1 ? 'finished' : 'failed');
      } else if (worker.startsWith('rt-') && !tells) continue;
      else if (worker === 'rt-min') expect(exit).toMatchObject({code: null, signal: 'SIGRTMIN'});
      else if (worker === 'rt-max') expect(exit).toMatchObject({code: null, signal: 'SIGRTMIN+30'});
      else expect(exit).toMatchObject({code: null, signal: worker.toUpperCase()});
    }
  });
});
