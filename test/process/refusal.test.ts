/** Why a signal was refused: another user is named only where that is the cause. */
import {expect, test} from 'vitest';
import {whyRefused} from '../../src/process/refusal.ts';

test('EPERM of a process of this user is no other user’s doing', () => {
  expect(whyRefused(process.pid, 'EPERM')).toMatch(/security profile/);
});

test('EPERM of a process of another user, without CAP_KILL', context => {
  context.skip(process.geteuid?.() === 0, 'root may signal every process');
  expect(whyRefused(1, 'EPERM')).toMatch(/another user/);
});

test('ENOSYS names the kernel', () => {
  expect(whyRefused(1, 'ENOSYS')).toMatch(/no such system call/);
});
