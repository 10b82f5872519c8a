/** Signals to processes by identity: pid and start time. */
import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {expect, test} from 'vitest';
import {killPid} from '../../src/posix/kill.ts';
import {pidfdInfoRefusal, signalIdentified} from '../../src/posix/pidfd.ts';
import {startTimeOf} from '../../src/process/stat.ts';

test('zero, negative and fractional pids are rejected', () => {
  for (const pid of [0, -1, -process.pid, 1.5, NaN]) expect(killPid(pid, 0)).toBe('ESRCH');
  expect(killPid(process.pid, 0)).toBeNull();
});

test('a signal reaches only the process with that start time', async () => {
  const child = spawn('sleep', ['1000'], {stdio: 'ignore'});
  const pid = child.pid ?? 0;
  const ended = once(child, 'exit');
  try {
    expect(signalIdentified(pid, '1', 15, startTimeOf)).toBe('ESRCH');
    expect(signalIdentified(pid, startTimeOf(pid) ?? '', 0, startTimeOf)).toBeNull();
    expect(signalIdentified(pid, startTimeOf(pid) ?? '', 15, startTimeOf)).toBeNull();
    expect((await ended)[1]).toBe('SIGTERM');
  } finally {
    child.kill('SIGKILL');
  }
});

test('before Linux 6.15 a pidfd has no exit status', () => {
  expect(pidfdInfoRefusal('6.14.3-generic')).not.toBeNull();
  expect(pidfdInfoRefusal('5.10.0-32-cloud-amd64')).not.toBeNull();
});
