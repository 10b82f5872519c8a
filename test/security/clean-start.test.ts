/** Signals that are ignored or blocked where a fleet is started are neither ignored nor blocked in its programs. */
import {spawnSync} from 'node:child_process';
import {chmodSync, mkdirSync, readFileSync} from 'node:fs';
import {expect, test} from 'vitest';
import {commandLine, look} from '../end-to-end/processes.ts';
import {until} from '../end-to-end/harness.ts';
import {isRoot, using, WrappedFleet} from '../end-to-end/wrapped.ts';

/** Ignores and blocks all signals that the kernel lets a process ignore and block. libc would leave out 32 and 33. */
const LAUNCHER = `
import ctypes, os, platform, struct, sys
libc = ctypes.CDLL(None, use_errno=True)
action, mask = (13, 14) if platform.machine() == 'x86_64' else (134, 135)
ignore = ctypes.create_string_buffer(struct.pack('L', 1) + bytes(56))
for signal in set(range(1, 65)) - {9, 19}:
    if libc.syscall(action, signal, ignore, None, 8) != 0: sys.exit(f'signal {signal} can not be ignored')
if libc.syscall(mask, 2, ctypes.create_string_buffer(b'\\xff' * 8), None, 8) != 0: sys.exit('nothing can be blocked')
os.execvp(sys.argv[1], sys.argv[1:])
`;

const NONE = '0'.repeat(16);
const CLEAN = {SigBlk: NONE, SigIgn: NONE, SigCgt: NONE};

function signals(status: string): Partial<Record<string, string>> {
  return Object.fromEntries(
    [...status.matchAll(/^(Sig(?:Blk|Ign|Cgt)):\s+(\w+)$/gm)].map(([, field = '', set = '']) => [field, set]),
  );
}

const prefix = ['python3', '-c', LAUNCHER];
/** A program that handles no signal itself, and writes its initial signal state to a file. */
const confess = (name: string): string[] => ['sh', '-c', 'exec cat /proc/self/status > "$1"', 'sh', `out/${name}`];

/** Returns the signal state that such a program has written, or null until it is complete. */
function found(fleet: WrappedFleet, file: string): Partial<Record<string, string>> | null {
  const text = fleet.read(file);
  return /^SigCgt:.*\n/m.test(text) ? signals(text) : null;
}

/** A worker with a check and a hook that write their signal state to files with its name. */
const watched = (name: string, more: object = {}): object => ({
  run: ['sleep', '1000'],
  health: {exec: confess(`${name}.probe`), every: '300ms'},
  hooks: {ready: confess(`${name}.hook`)},
  ...more,
});

test('the launcher of these tests ignores and blocks everything', () => {
  const {stdout} = spawnSync('python3', ['-c', LAUNCHER, 'cat', '/proc/self/status'], {encoding: 'utf8'});
  const {SigBlk, SigIgn} = signals(stdout);
  // All but SIGKILL and SIGSTOP.
  expect({SigBlk, SigIgn}).toEqual({SigBlk: 'fffffffffffbfeff', SigIgn: 'fffffffffffbfeff'});
});

test('a worker, its probe and its hook start with no signal ignored, blocked or handled, real-time signals and those of libc included', async () => {
  const tools = {nice: 3, umask: '027', limits: {nofile: 512, core: 0}};
  const workers = {
    plain: watched('plain'),
    tools: watched('tools', tools),
    ...(isRoot ? {user: watched('user', {user: 'nobody'}), all: watched('all', {...tools, user: 'nobody'})} : {}),
  };
  await using(new WrappedFleet(prefix, {fleet: 't', workers}), async fleet => {
    chmodSync(fleet.folder, 0o755);
    mkdirSync(fleet.path('out'));
    chmodSync(fleet.path('out'), 0o777);
    fleet.up('--wait');
    for (const name of Object.keys(workers)) {
      const worker = (): number => fleet.worker(name).pid!;
      await until(`${name} is the program`, () => look(worker())?.name === 'sleep');
      expect(signals(readFileSync(`/proc/${worker()}/status`, 'utf8')), name).toEqual(CLEAN);
      for (const errand of ['probe', 'hook']) {
        const file = `out/${name}.${errand}`;
        expect(await until(file, () => found(fleet, file)), file).toEqual(CLEAN);
      }
    }
  });
});

test('a worker also starts with clean signals under a restarted keeper', async () => {
  const worker = {sh: 'exec sleep 1000', hooks: {start: confess('hook')}};
  await using(new WrappedFleet(prefix, {fleet: 't', workers: {w: worker}}), async fleet => {
    mkdirSync(fleet.path('out'));
    fleet.up('--wait');
    const old = fleet.ps().supervisor;
    process.kill(old.pid, 'SIGKILL');
    await until('another keeper', () => {
      const {pid, controller} = fleet.ps().supervisor;
      return pid !== old.pid && controller !== old.controller;
    });
    const before = fleet.worker('w').pid!;
    expect(fleet.run('restart', 'w').code).toBe(0);
    const {pid} = await fleet.successor('w', before);
    await until('it is the program', () => commandLine(pid!)[0] === 'sleep');
    expect(signals(readFileSync(`/proc/${pid!}/status`, 'utf8'))).toEqual(CLEAN);
    expect(await until('its hook', () => found(fleet, 'out/hook'))).toEqual(CLEAN);
  });
});
