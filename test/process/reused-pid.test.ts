/** One pid used by two processes, in the kernel's own /proc. */
import {spawnSync} from 'node:child_process';
import {existsSync} from 'node:fs';
import {join} from 'node:path';
import {build} from 'esbuild';
import {expect, test} from 'vitest';
import {project} from '../end-to-end/harness.ts';

const inNamespace = ['--pid', '--fork', '--kill-child', '--mount-proc'];
const can =
  process.getuid?.() === 0 &&
  existsSync('/proc/sys/kernel/ns_last_pid') &&
  spawnSync('unshare', [...inNamespace, 'sh', '-c', 'echo 100 >/proc/sys/kernel/ns_last_pid']).status === 0;

interface Told {
  readonly command: string | null;
  readonly startTime: string;
}

test.skipIf(!can)('a pid reused between two readings inherits no values', async () => {
  const program = join(project, '.cache', 'test', 'reused-pid.mjs');
  await build({
    entryPoints: [join(project, 'test', 'process', 'reused-pid.ts')],
    outfile: program,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    external: ['koffi'],
    logLevel: 'error',
  });
  const {stdout, stderr} = spawnSync('unshare', [...inNamespace, process.execPath, program], {
    encoding: 'utf8',
    timeout: 50_000,
  });
  expect(stderr).toBe('');
  const {before, between, after} = JSON.parse(stdout) as Record<'before' | 'between' | 'after', readonly Told[]>;
  expect(before.map(({command}) => command)).toEqual(['sleep 1111', 'sleep 1111']);
  // The first can no longer be read, and the second did not exist at the last reading.
  expect(between.map(({command}) => command)).toEqual([null, null]);
  expect(after.map(({command}) => command)).toEqual(['sleep 2222', 'sleep 2222']);
  expect(after[0]?.startTime).not.toBe(before[0]?.startTime);
  expect(after[1]?.startTime).not.toBe(before[1]?.startTime);
});
