/** The explanation of a refused signal: another user is mentioned only if that is the cause. */
import {expect, test} from 'vitest';
import {hidesOthers, HIDEPID} from '../end-to-end/processes.ts';
import {whyRefused} from '../../src/process/refusal.ts';

test('EPERM for a process of this user is explained by a security profile', () => {
  expect(whyRefused(process.pid, 'EPERM')).toMatch(/security profile/);
});

test('EPERM for a process of another user, without CAP_KILL, is explained by the user', context => {
  context.skip(process.geteuid?.() === 0, 'root may signal every process');
  context.skip(hidesOthers, HIDEPID);
  expect(whyRefused(1, 'EPERM')).toMatch(/another user/);
});

test('ENOSYS is explained by the kernel', () => {
  expect(whyRefused(1, 'ENOSYS')).toMatch(/no such system call/);
});
