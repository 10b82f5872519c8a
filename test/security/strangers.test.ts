/** Data that foreign processes present about themselves does not delay the supervisor. */
import {spawn, type ChildProcess} from 'node:child_process';
import {once} from 'node:events';
import {chmodSync, existsSync} from 'node:fs';
import {describe, expect, test} from 'vitest';
import {noteUser, readFleetTable} from '../../src/process/fleet-table.ts';
import {TestFleet, until} from '../end-to-end/harness.ts';
import {endsClean, sleeper} from '../end-to-end/losing.ts';
import {asOrdinary, isRoot, ORDINARY_UID, using} from '../end-to-end/wrapped.ts';

const PYTHON = existsSync('/usr/bin/python3') ? '/usr/bin/python3' : 'python3';

/** Declares 600 MiB of empty memory as its environment and command line, as any process may (PR_SET_MM_MAP). */
const BOASTER = String.raw`
import ctypes, struct, time
libc = ctypes.CDLL(None, use_errno=True)
libc.mmap.restype = libc.sbrk.restype = ctypes.c_void_p
libc.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int, ctypes.c_int, ctypes.c_int, ctypes.c_long]
size = 600 << 20
start = libc.mmap(None, size, 3, 0x4022, -1, 0)
fields = open('/proc/self/stat').read().rsplit(')', 1)[1].split()
at = lambda number: int(fields[number - 3])
layout = struct.pack('=12QII', at(26), at(27), at(45), at(46), at(47), libc.sbrk(0), at(28), start, start + size, start, start + size, 0, 0, 0xffffffff)
buffer = ctypes.create_string_buffer(layout, len(layout))
assert libc.prctl(35, 14, buffer, ctypes.c_ulong(len(layout)), 0) == 0, ctypes.get_errno()
print('boasts', flush=True)
time.sleep(1000)
`;

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = once(child, 'exit');
  child.kill('SIGKILL');
  await exit;
}

describe.skipIf(!isRoot)('processes of other users (needs root)', () => {
  test('that declare a huge environment, also a worker’s, do not keep the next keeper from adopting all workers', async () => {
    const fleet = new TestFleet(
      {
        fleet: 't',
        workers: {a: sleeper, b: {run: [PYTHON, 'boaster.py'], user: String(ORDINARY_UID), ready: {log: 'boasts'}}},
      },
      {'boaster.py': BOASTER},
    );
    chmodSync(fleet.folder, 0o755);
    await using(fleet, async boasting => {
      const stranger = spawn('setpriv', [...asOrdinary().slice(1), PYTHON, '-c', BOASTER], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      try {
        await Promise.race([
          once(stranger.stdout, 'data'),
          once(stranger, 'exit').then(() => Promise.reject(new Error('it has ended'))),
        ]);
        boasting.up('--wait');
        const pids = boasting.ps().workers.map(({pid}) => pid);
        const {keeper} = boasting;
        process.kill(keeper, 'SIGKILL');
        const next = await until('the next keeper', () => boasting.keeper !== keeper && boasting.keeper);
        expect(boasting.ps().workers.map(({pid}) => pid)).toEqual(pids);
        // These commands read the adopted runs, and the environments of all processes that may belong to them.
        expect(boasting.run('restart', 'a').code).toBe(0);
        expect(boasting.run('stop', 'b').code).toBe(0);
        expect(boasting.keeper).toBe(next);
        await endsClean(boasting);
      } finally {
        await ended(stranger);
      }
    });
  });

  test('are not read where the kernel may wait, except descendants and processes of a worker’s user', async () => {
    const stay = [PYTHON, '-c', 'import os, time; print(os.getpid(), flush=True); time.sleep(1000)'];
    /** Starts the program through another one; returns its pid. */
    const begin = async (...by: string[]): Promise<number> => {
      const [program = '', ...args] = [...by, ...stay];
      const child = spawn(program, args, {stdio: ['ignore', 'pipe', 'inherit']});
      const [text] = (await once(child.stdout, 'data')) as [Buffer];
      return Number(String(text));
    };
    // The parent ends at once, so that the process is no descendant of this one.
    const lost = ['/bin/sh', '-c', 'setsid "$@" &', 'sh'];
    const child = await begin(...asOrdinary(ORDINARY_UID + 1));
    const strange = await begin(...lost, ...asOrdinary(ORDINARY_UID + 2));
    try {
      const found = (pid: number): boolean => readFleetTable().get(pid) !== undefined;
      expect(found(process.pid)).toBe(true);
      expect(found(child)).toBe(true);
      expect(found(strange)).toBe(false);
      noteUser(ORDINARY_UID + 2);
      expect(found(strange)).toBe(true);
      expect(found(strange)).toBe(true);
    } finally {
      for (const pid of [child, strange]) process.kill(pid, 'SIGKILL');
    }
  });
});
