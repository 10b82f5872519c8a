/** A full disk: no output is lost, stops work, and changes that can't be recorded are rejected. */
import {execFileSync, spawn} from 'node:child_process';
import {once} from 'node:events';
import {openSync, rmSync, statfsSync, writeSync, closeSync} from 'node:fs';
import {join} from 'node:path';
import {expect, test} from 'vitest';
import type {SupervisorReport} from '../../src/control/reports.ts';
import {until} from './harness.ts';
import {lives} from './processes.ts';
import {isRoot, using, WrappedFleet} from './wrapped.ts';

const MIB = 1024 * 1024;

/**
 * Runs `body` with a fleet whose home is a small file system in a mount namespace of its own, which ends with its last
 * process. From outside, the file system is accessible through the root of a process in the namespace.
 */
async function onSmallDisk(
  mib: number,
  body: (fleet: WrappedFleet, outside: string) => Promise<void>,
  of: object = fleetOf,
): Promise<void> {
  await using(new WrappedFleet([], of), async fleet => {
    const script = 'mount -t tmpfs -o size="$2"m,mode=755 none "$1" && echo mounted && exec sleep 1000';
    const sh = ['sh', '-c', script, 'sh', fleet.home, String(mib)];
    const holder = spawn('unshare', ['-m', '--propagation', 'private', ...sh], {stdio: ['ignore', 'pipe', 'inherit']});
    try {
      await once(holder.stdout, 'data');
      fleet.prefix = ['nsenter', '-m', '-t', String(holder.pid), `--wd=${fleet.folder}`, '--'];
      await body(fleet, join(`/proc/${holder.pid ?? 0}/root`, fleet.home));
      await fleet[Symbol.asyncDispose]();
    } finally {
      holder.kill('SIGKILL');
    }
  });
}

/** Fills a file system to its last byte. */
function fill(folder: string): void {
  const fd = openSync(join(folder, 'filler'), 'a');
  for (const size of [MIB, 4096, 1]) {
    const bytes = Buffer.alloc(size, 'x');
    try {
      for (;;) writeSync(fd, bytes);
    } catch {
      // No room for another block of this size.
    }
  }
  closeSync(fd);
}

const fleetOf = {
  fleet: 't',
  workers: {
    talk: {sh: 'while [ ! -e go ]; do sleep 0.05; done; seq 1 400000; echo end >&2; exec sleep 1000'},
    still: {run: ['sleep', '1000']},
    other: {run: ['sleep', '1000']},
  },
};

test.skipIf(!isRoot)(
  'on a full disk workers are held back and lose no byte, stops work, changes are rejected (needs root to mount a small one)',
  async () => {
    await onSmallDisk(8, async (full, outside) => {
      full.up('--wait');
      fill(outside);
      expect(statfsSync(outside).bavail).toBe(0);
      execFileSync('touch', [full.path('go')]);
      const weaker = (): string => (full.ps().supervisor satisfies SupervisorReport).guarantees.weaker.join('\n');
      await until('the report that talk is held back', () => /talk\/1 is held back.*ENOSPC/.test(weaker()));

      // Commands that need no space still work.
      const still = full.worker('still').pid!;
      expect(full.run('stop', 'still').code).toBe(0);
      expect(lives(still)).toBe(false);
      const killed = full.worker('other').pid!;
      process.kill(killed, 'SIGKILL');

      // Larger than the space that was reserved beforehand.
      const big = Array.from({length: 5}, () => 'x'.repeat(100_000));
      const refused = full.run('add', '--name', 'more', '--', 'sleep', ...big);
      expect(refused.code).toBe(1);
      expect(refused.err).toMatch(/can't be recorded.*nothing was done.*stop and down work/s);
      expect(full.run('scale', 'other=2000').err).toMatch(/can't be recorded/);
      expect(full.ps().workers.length).toBe(3);

      rmSync(join(outside, 'filler'));
      await full.successor('other', killed);
      await until('the last line', () => full.run('logs', 'talk', '--raw', '--stream', 'err').out === 'end\n');
      const lines = full.run('logs', 'talk', '--raw').out.split('\n');
      expect(lines.pop()).toBe('');
      expect(lines.length).toBe(400_000);
      expect(lines.findIndex((line, index) => line !== String(index + 1))).toBe(-1);
      await until('no lesser guarantee', () => {
        if (/held back|recorded/.test(weaker())) throw new Error(weaker());
        return true;
      });
      expect(full.run('add', '--name', 'late', '--', 'sleep', '1000').code).toBe(0);
      expect(full.events('repaired').length).toBeGreaterThan(0);

      // The command down also works on a full disk.
      fill(outside);
      expect(full.run('down').code).toBe(0);
      expect(full.tagged().map(({name}) => name)).toEqual([]);
    });
  },
);

test.skipIf(!isRoot)(
  'up on a full disk reports that and leaves nothing behind (needs root to mount a small one)',
  async () => {
    await onSmallDisk(1, async (full, outside) => {
      for (const room of [0, 4096, 3 * 4096, 8 * 4096, 20 * 4096, 60 * 4096]) {
        fill(outside);
        if (room > 0) execFileSync('truncate', ['-s', `-${room}`, join(outside, 'filler')]);
        const {code, err} = full.run('up', '-d');
        // With so little space, up either succeeds or reports the reason; it never leaves half a supervisor behind.
        if (code === 0) expect(full.run('down').code).toBe(0);
        else expect(err).toMatch(/ENOSPC|no space|disk/i);
        await until('nothing to be left', () => full.tagged().length === 0);
        execFileSync('sh', ['-c', 'rm -rf "$0"/*', outside]);
      }
    });
  },
);

test.skipIf(!isRoot)(
  'the death of controller, keeper or both on a full disk loses nothing; stops work, and with space all is as before (needs root to mount a small one)',
  async () => {
    const workers = {
      w: {run: ['sleep', '1000'], instances: 3},
      loop: {sh: 'exec sleep 1000', backoff: {first: '0s', initial: '50ms', max: '100ms'}},
      off: {run: ['sleep', '1000']},
    };
    await onSmallDisk(
      8,
      async (full, outside) => {
        full.up('--wait');
        expect(full.run('stop', 'off').code).toBe(0);
        fill(outside);
        const state = (): string[] =>
          full.ps().workers.map(({id, pid, status, restarts}) => `${id} ${pid ?? '-'} ${status} ${restarts}`);
        const before = state();
        const kill = async (...victims: ('controller' | 'pid')[]): Promise<void> => {
          const {supervisor} = full.ps();
          for (const signal of ['SIGSTOP', 'SIGKILL'] as const)
            for (const victim of victims) process.kill(supervisor[victim], signal);
          await until(`another ${victims.join(' and ')}`, () => {
            const now = full.ps().supervisor;
            return now.controller !== supervisor.controller && (!victims.includes('pid') || now.pid !== supervisor.pid);
          });
        };
        for (const victims of [['controller'], ['pid'], ['controller', 'pid']] as const) {
          await kill(...victims);
          expect(state()).toEqual(before);
          // The stop fits in the space reserved beforehand, also for a controller that did not reserve it.
          expect(full.run('stop', 'off').code).toBe(0);
          expect(full.ps().supervisor.guarantees.weaker.join()).not.toMatch(/recorded/);
          expect(statfsSync(outside).bavail).toBe(0);
        }

        // A worker can't be restarted without a record: the restart is retried until there is space, and not given up.
        const killed = full.worker('loop').pid!;
        process.kill(killed, 'SIGKILL');
        const waiting = await full.status('loop', 'backoff');
        expect(waiting.reason).toMatch(/ENOSPC|no space/i);
        await kill('controller');
        expect((await full.status('loop', 'backoff')).restarts).toBe(waiting.restarts);
        expect(full.run('stop', 'w/2').code).toBe(0);
        await kill('controller', 'pid');
        expect(full.worker('w/2').status).toBe('stopped');
        const big = Array.from({length: 5}, () => 'x'.repeat(100_000));
        expect(full.run('add', '--', 'sleep', ...big).err).toMatch(/can't be recorded/);

        rmSync(join(outside, 'filler'));
        const {restarts} = await full.successor('loop', killed);
        // A restart that was not recorded when keeper and controller were killed may be counted once more.
        expect(restarts - waiting.restarts).toBeGreaterThanOrEqual(0);
        expect(restarts - waiting.restarts).toBeLessThanOrEqual(1);
        const others = (list: readonly string[]): string[] => list.filter(one => /^(w\/[13]|off)/.test(one));
        expect(others(state())).toEqual(others(before));
        expect(full.run('start', 'w/2', 'off').code).toBe(0);
        expect(full.events('repaired').length).toBeGreaterThan(0);
        expect(full.run('down').code).toBe(0);
        expect(full.tagged().map(({name}) => name)).toEqual([]);
      },
      {fleet: 't', workers},
    );
  },
  180_000,
);
