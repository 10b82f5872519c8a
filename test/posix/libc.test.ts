import {constants} from 'node:os';
import {expect, test} from 'vitest';
import {errnoName} from '../../src/posix/libc.ts';

test('an error number has the name that Node uses, even if the kernel has two', () => {
  expect(errnoName(constants.errno.EAGAIN)).toBe('EAGAIN');
  expect(errnoName(constants.errno.EOPNOTSUPP)).toMatch(/^E(OPNOTSUPP|NOTSUP)$/);
  expect(errnoName(constants.errno.ENOSPC)).toBe('ENOSPC');
  expect(errnoName(4711)).toBe('E4711');
});
