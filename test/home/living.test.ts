/** Which command lines are a supervisor's. */
import {spawn} from 'node:child_process';
import {chmodSync, copyFileSync, mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {expect, test} from 'vitest';
import {isOlder, livingIn, roleOf} from '../../src/home/living.ts';
import {until} from '../end-to-end/harness.ts';
import {isRoot} from '../end-to-end/wrapped.ts';

const node = ['/usr/bin/node', '--expose-gc'];
const loop = ['/bin/sh', 'loop', '', '--launched', '/h/t/code/1', '/h/t', '1234', '/opt', 'node'];

test.each<[string, string[], unknown]>([
  ['a keeper', [...node, '/h/t/code/1/keeper.cjs', '--launch=1', '/h/t', '--anchor=5'], 'keeper'],
  ['a keeper that has replaced itself', [...node, '/h/t/code/1/keeper.cjs', '/h/t', '--replaced={}'], 'keeper'],
  ['a controller', [...node, '/h/t/code/1/controller.cjs', '/h/t'], 'controller'],
  ['an anchor', ['/bin/sh', '-c', 'loop', 'brood-anchor', ...loop], 'anchor'],
  [
    'one that is not a shell yet',
    ['node', '/c/anchor.cjs', '/bin/sh', '/h/t/code/1', '/h/t', '1', '/opt', 'node'],
    'anchor',
  ],
  ['a keeper on trial', [...node, '/h/t/code/1/keeper.cjs', '/h/t', '--check'], null],
  ['an editor', ['vi', 'keeper.cjs'], null],
  ['a search', ['grep', '-r', 'x', '/h/t/code/1/keeper.cjs', '/h/t'], null],
  ['nothing', [], null],
])('%s', (_what, argv, role) => {
  expect(roleOf(argv)).toEqual(role === null ? null : {role, folder: '/h/t'});
});

test('of two processes that were started at the same tick, the lower pid is the older', () => {
  const at = (pid: number, startTime: string): {pid: number; startTime: string} => ({pid, startTime});
  expect(isOlder(at(9, '99'), at(1, '100'))).toBe(true);
  expect(isOlder(at(9, '100'), at(1, '100'))).toBe(false);
});

test.skipIf(!isRoot)(
  'a set-user-ID program that another user started (needs root to be one) is none, whatever its command line says',
  async () => {
    const folder = mkdtempSync(join(tmpdir(), 'brood-living-'));
    chmodSync(folder, 0o755);
    const program = join(folder, 'sleep');
    copyFileSync('/bin/sleep', program);
    const says = ['-c', 'x', 'brood-anchor', '/bin/sh', 'x', '', '', '/c', folder, '1'];
    // A shell that waits for its input, so that no child of it is left, with set-user-ID from the file system.
    copyFileSync('/bin/sh', program);
    chmodSync(program, 0o4755);
    const own = spawn('/bin/sh', ['-c', 'read nothing; :', ...says.slice(2)], {stdio: ['pipe', 'ignore', 'ignore']});
    const other = spawn(program, ['-c', 'read nothing; :', ...says.slice(2)], {
      stdio: ['pipe', 'ignore', 'ignore'],
      uid: 64_321,
      gid: 64_321,
    });
    try {
      await until('root’s own', () => livingIn(folder).some(({pid}) => pid === own.pid));
      expect(livingIn(folder).map(({pid}) => pid)).toEqual([own.pid]);
    } finally {
      for (const child of [own, other]) child.kill('SIGKILL');
      rmSync(folder, {recursive: true});
    }
  },
);
