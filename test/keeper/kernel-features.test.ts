/** Optional features of the kernel: each has a sentence, and a line in the guide. */
import {readFileSync} from 'node:fs';
import {join} from 'node:path';
import {expect, test} from 'vitest';
import {KERNEL_FEATURES, type KernelFeature} from '../../src/keeper/guarantees/kernel-features.ts';
import {lesserKernel} from '../../src/keeper/guarantees/reduced.ts';
import {project} from '../end-to-end/harness.ts';

const feature = (refusal: string | null, since: string | null): KernelFeature => ({
  name: 'frob',
  since,
  refusal: () => refusal,
  without: 'nothing is frobbed',
});

test('a refused feature is reported with its error, the Linux version that has it, and the consequence', () => {
  expect(lesserKernel('/', [feature('ENOSYS', '5.3'), feature(null, '5.3'), feature('hidepid=2', null)])).toEqual([
    'the kernel refuses frob (ENOSYS; Linux has it since 5.3): nothing is frobbed',
    'no frob (hidepid=2): nothing is frobbed',
  ]);
});

test('the guide lists every feature with the same version', () => {
  const guide = readFileSync(join(project, 'docs', 'guide.md'), 'utf8');
  const section = /## Kernels and container profiles\n([^]*?)\n## /.exec(guide)?.[1] ?? '';
  const lines = section.split('\n').filter(line => line.startsWith('| '));
  for (const {name, since} of KERNEL_FEATURES) {
    const line = lines.find(one => one.split('|')[1]?.includes(name));
    expect(line, name).toBeDefined();
    // pidfds require both calls.
    if (since !== null && name !== 'pidfd_send_signal') expect(line?.split('|')[2], name).toContain(since);
  }
});
