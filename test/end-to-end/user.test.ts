/** A worker that runs as another user than its supervisor. */
import {chmodSync, readFileSync} from 'node:fs';
import {expect, test} from 'vitest';
import {TestFleet, until} from './harness.ts';
import {isRoot, using} from './wrapped.ts';

const hasNobody = /^nobody:/m.test(readFileSync('/etc/passwd', 'utf8'));

test.skipIf(!isRoot || !hasNobody)(
  'a worker of another user may reopen its own output by name (needs root and the account nobody)',
  async () => {
    const w = {
      sh: 'id -un; for n in 1 2 3; do echo out $n >/dev/stdout; echo err $n >/dev/stderr; done; exec sleep 1000',
      user: 'nobody',
    };
    await using(new TestFleet({fleet: 't', workers: {w}}), async fleet => {
      chmodSync(fleet.folder, 0o711);
      fleet.up('--wait');
      const raw = (stream: string): string => fleet.run('logs', 'w', '--raw', '--stream', stream).out;
      await until('all that it says', () => raw('out').includes('out 3') && raw('err').includes('err 3'));
      expect(raw('out')).toBe('nobody\nout 1\nout 2\nout 3\n');
      expect(raw('err')).toBe('err 1\nerr 2\nerr 3\n');
      expect(fleet.run('down').code).toBe(0);
    });
  },
);
