/** An older kernel, or a container profile without newer system calls: refusals are reported, and all goes on. */
import type {EventRecord} from '../../src/journal/record.ts';
import {closeSync, constants, existsSync, openSync, readdirSync, readFileSync, readlinkSync} from 'node:fs';
import {describe, expect, test} from 'vitest';
import type {Outcomes} from '../../src/control/reports.ts';
import {TestFleet, until} from '../end-to-end/harness.ts';
import {lives} from '../end-to-end/processes.ts';
import {using} from '../end-to-end/wrapped.ts';
import {launcher, type Refusal} from '../lesser/launcher.ts';

const {missing, words} = launcher();
if (missing !== null) console.warn(`lesser kernels are not tested: ${missing}`);

const sleeper = {run: ['sleep', '1000']};
/** Writes to the file `got` on SIGTERM; the file `on` exists once the trap is set. */
const polite = {sh: 'trap "echo got >> got; exit 0" TERM; touch on; while :; do sleep 0.05; done'};

const without = (
  error: Refusal,
  calls: readonly string[],
  workers: Readonly<Record<string, object>>,
  more: object = {},
): TestFleet => new TestFleet({fleet: 't', workers, ...more}, {}, words(error, ...calls));

const weaker = (fleet: TestFleet): string => fleet.ps().supervisor.guarantees.weaker.join('\n');
const errors = ['ENOSYS', 'EPERM'] as const;
const killKeeper = async (fleet: TestFleet): Promise<void> => {
  const {keeper} = fleet;
  process.kill(keeper, 'SIGKILL');
  await until('the next keeper', () => fleet.keeper !== keeper);
};

/** Returns the open descriptors of another process. */
const descriptorsOf = (pid: number): string[] =>
  readdirSync(`/proc/${pid}/fd`).map(fd => `${fd} ${readlinkSync(`/proc/${pid}/fd/${fd}`)}`);

describe.skipIf(missing !== null)('a kernel or a sandbox refuses', () => {
  describe.each(errors)('pidfds (%s):', error => {
    const calls = ['pidfd_open', 'pidfd_send_signal', 'pidfd_getfd'];

    test('stop and signal send their signals, and the lack is reported', async () => {
      await using(without(error, calls, {a: polite, b: polite}), async fleet => {
        fleet.up('--wait');
        await until('the trap', () => existsSync(fleet.path('on')));
        expect(weaker(fleet)).toMatch(new RegExp(`refuses pidfd_open \\(${error}; Linux has it since 5\\.3\\)`));
        expect(fleet.run('doctor').out).toMatch(/weaker-guarantee: .*pidfd_open/);
        expect(fleet.run('stop', 'a')).toMatchObject({code: 0, err: ''});
        await until('its word', () => fleet.read('got') === 'got\n');
        expect(fleet.run('signal', 'TERM', 'b')).toMatchObject({code: 0, err: ''});
        await until('its word', () => fleet.read('got') === 'got\ngot\n');
        expect(fleet.events('signal-failed')).toEqual([]);
        expect(fleet.run('down').code).toBe(0);
        expect(fleet.tagged()).toEqual([]);
      });
    });

    test('workers of a killed keeper are watched, also while they are stopped; down ends all', async () => {
      await using(without(error, calls, {a: polite, b: sleeper, c: sleeper}), async fleet => {
        fleet.up('--wait');
        const [a, b, c] = await fleet.ready('a', 'b', 'c');
        await killKeeper(fleet);
        expect(fleet.worker('b')).toMatchObject({pid: b?.pid, adopted: true});
        process.kill(b!.pid!, 'SIGSTOP');
        await until('the pause', () => fleet.worker('b').flags.includes('paused'));
        process.kill(b!.pid!, 'SIGKILL');
        await fleet.successor('b', b?.pid ?? 0);
        expect(fleet.run('stop', 'a').code).toBe(0);
        expect(fleet.read('got')).toBe('got\n');
        expect([a, b].filter(worker => lives(worker?.pid ?? 0))).toEqual([]);
        expect(lives(c?.pid ?? 0)).toBe(true);
        await killKeeper(fleet);
        expect(fleet.run('down').code).toBe(0);
        expect(fleet.tagged()).toEqual([]);
      });
    });
  });

  test('pidfd_send_signal alone: an adopted worker gets its signal', async () => {
    await using(without('EPERM', ['pidfd_send_signal'], {a: polite}), async fleet => {
      fleet.up('--wait');
      await until('the trap', () => existsSync(fleet.path('on')));
      await killKeeper(fleet);
      expect(fleet.run('stop', 'a').code).toBe(0);
      expect(fleet.read('got')).toBe('got\n');
      expect(fleet.run('down').code).toBe(0);
    });
  });

  test.each([
    ['ENOSYS', 'close_range'],
    ['EPERM', 'close_range'],
    ['EINVAL', 'close_range_cloexec'],
  ] as const)(
    '%s to %s: workers inherit nothing, and descriptors of the launcher are not held',
    async (error, call) => {
      await using(without(error, [call], {a: sleeper, b: sleeper}), async fleet => {
        // Node itself marks inherited descriptors only up to the first gap: this one lies behind a gap.
        const stranger = openSync(fleet.path('stranger'), constants.O_CREAT | constants.O_RDWR, 0o600);
        try {
          const stdio: ('ignore' | number)[] = [...Array<'ignore'>(21).fill('ignore'), stranger];
          const up = fleet.start(['up', '-d', '--wait'], {stdio});
          await until('the end of up', () => up.exitCode !== null);
          expect(up.exitCode).toBe(0);
          const [a, b] = await fleet.ready('a', 'b');
          for (const worker of [a, b])
            expect(descriptorsOf(worker?.pid ?? 0).map(line => line.split(' ')[0])).toEqual(['0', '1', '2']);
          const {anchor, pid, controller} = fleet.ps().supervisor;
          for (const one of [anchor ?? 0, pid, controller])
            expect(descriptorsOf(one).filter(line => line.includes('stranger'))).toEqual([]);
        } finally {
          closeSync(stranger);
        }
        expect(fleet.run('down').code).toBe(0);
      });
    },
  );

  test.each(['ENOSYS', 'EPERM', 'EINVAL'] as const)('splice (%s): every line arrives, in order', async error => {
    const talk = {sh: 'seq 1 200000; touch done; exec sleep 1000', logs: {max_size: '256KiB', keep: 1000}};
    await using(without(error, ['splice'], {talk}), async fleet => {
      fleet.up('--wait');
      expect(weaker(fleet)).toMatch(new RegExp(`refuses splice \\(${error};.*killed in between loses`));
      await until('the last line', () => existsSync(fleet.path('done')));
      expect(fleet.run('stop', 'talk').code).toBe(0);
      const lines = fleet.run('logs', 'talk', '--raw').out.trimEnd().split('\n');
      expect(lines.findIndex((line, index) => line !== String(index + 1))).toBe(-1);
      expect(lines.length).toBe(200_000);
      expect(fleet.run('down').code).toBe(0);
    });
  });

  test('netlink, epoll_wait and the subreaper flag: a fleet comes up, survives its keeper and goes down', async () => {
    await using(without('ENOSYS', ['netlink', 'epoll_wait', 'subreaper'], {a: sleeper}), async fleet => {
      fleet.up('--wait');
      expect(weaker(fleet)).toMatch(/refuses PR_SET_CHILD_SUBREAPER/);
      const [a] = await fleet.ready('a');
      await killKeeper(fleet);
      process.kill(a!.pid!, 'SIGKILL');
      await fleet.successor('a', a?.pid ?? 0);
      expect(fleet.run('ipc').code).toBe(0);
      expect(fleet.run('down').code).toBe(0);
      expect(fleet.tagged()).toEqual([]);
    });
  });

  test('a stop signal that can’t be sent is an event and part of the result, and no other user is blamed', async () => {
    const calls = ['pidfd_send_signal', 'sigterm'];
    const stop = {stop: {timeout: '300ms'}};
    await using(without('EPERM', calls, {a: {...sleeper, ...stop}, b: {...sleeper, ...stop}}), async fleet => {
      fleet.up('--wait');
      const [a] = await fleet.ready('a');
      const said = fleet.run('signal', 'TERM', 'a');
      expect(said.code).toBe(1);
      expect(said.err).toMatch(/security profile/);
      expect(said.err).not.toMatch(/another user/);
      const {outcomes} = fleet.json('stop', 'a') as Outcomes;
      expect(outcomes[0]).toMatchObject({status: 'stopped', ok: true});
      expect(outcomes[0]?.reason).toMatch(
        new RegExp(
          `its stop signal could not be sent \\(EPERM\\): SIGTERM to process ${a?.pid ?? 0}, .*security profile`,
        ),
      );
      expect(fleet.run('restart', 'b').out).toMatch(/its stop signal could not be sent \(EPERM\)/);
      const failed: EventRecord[] = fleet.events('signal-failed').filter(({worker}) => worker === 'a');
      for (const event of failed) expect(event).toMatchObject({pid: a?.pid, signal: 'SIGTERM', error: 'EPERM'});
      expect(failed.length).toBe(2);
      expect(fleet.run('events', '-n', 'all').out).toMatch(/a\/1 SIGTERM could not be sent to process \d+ \(EPERM\)/);
      expect(fleet.run('down').out).toMatch(/b\/1 .*its stop signal could not be sent/);
      expect(fleet.tagged()).toEqual([]);
    });
  });
});

test('the launcher exists, and the kernel has seccomp', context => {
  context.skip(missing !== null, missing ?? '');
  const [program = ''] = words('ENOSYS');
  expect(existsSync(program)).toBe(true);
  expect(readFileSync('/proc/self/status', 'latin1')).toMatch(/^Seccomp:\s+\d/m);
});
