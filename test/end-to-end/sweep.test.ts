/** Changes that no signal has reported: the next sweep finds them. */
import {describe, expect, onTestFinished, test} from 'vitest';
import {libc, syscall} from '../../src/posix/libc.ts';
import {TestFleet, until} from './harness.ts';
import {look, lives} from './processes.ts';
import {using} from './wrapped.ts';

const sleeper = {run: ['sleep', '1000']};
const SIGCHLD = 17;

const ptraceNumber = {x64: 101, arm64: 117}[process.arch as string];
const PTRACE_SEIZE = 0x4206;
const PTRACE_CONT = 7;
const PTRACE_DETACH = 17;
const WALL = 0x40000000;
const WNOHANG = 1;
const waitpid = libc<[number, Buffer, number]>('int waitpid(int pid, void *status, int options)');
const ptrace = (request: number, pid: number, data = 0): number =>
  syscall(ptraceNumber ?? -1, request, pid, 0, data, 0);

/** Suppresses the next SIGCHLD of a traced process, and ends the tracing. */
async function swallowSigchld(pid: number): Promise<void> {
  const status = Buffer.alloc(4);
  await until('SIGCHLD', () => {
    if (waitpid(pid, status, WALL | WNOHANG) !== pid) return false;
    const signal = (status.readInt32LE(0) >> 8) & 0xff;
    if (signal === SIGCHLD) return true;
    ptrace(PTRACE_CONT, pid, signal);
    return false;
  });
  ptrace(PTRACE_DETACH, pid);
}

test('the exit of a worker is found, with its status, though SIGCHLD was lost', async context => {
  await using(new TestFleet({fleet: 't', workers: {w: sleeper}}), async fleet => {
    fleet.up('--wait');
    const {keeper} = fleet;
    const pid = fleet.worker('w').pid!;
    if (ptraceNumber === undefined || ptrace(PTRACE_SEIZE, keeper) !== 0) context.skip();
    process.kill(pid, 'SIGKILL');
    await swallowSigchld(keeper);
    expect((await fleet.successor('w', pid)).exit).toMatchObject({code: null, signal: 'SIGKILL'});
    expect(fleet.keeper).toBe(keeper);
    expect(look(pid)).toBe(null);
  });
});

describe.each(['keeper', 'anchor'] as const)('the %s is stopped while workers end, and continued', part => {
  test('each end is found, and each worker is started once', async () => {
    const workers = {
      w: {...sleeper, instances: 6},
      code: {sh: 'trap "exit 42" USR1; echo up; while :; do sleep 0.02; done', restart: 'never', ready: {log: 'up'}},
      orphan: {sh: 'setsid sleep 5000 & exec sleep 1001'},
    };
    await using(new TestFleet({fleet: 't', workers}), async fleet => {
      fleet.up('--wait');
      const before = fleet.ps();
      const {supervisor} = before;
      const stopped = part === 'keeper' ? supervisor.pid : supervisor.anchor!;
      const pidOf = (id: string): number => before.workers.find(worker => worker.id === id)!.pid!;
      process.kill(stopped, 'SIGSTOP');
      onTestFinished(() => {
        if (lives(stopped)) process.kill(stopped, 'SIGCONT');
      });
      const victims = ['w/1', 'w/3', 'w/5', 'orphan/1'];
      for (const id of victims) process.kill(pidOf(id), 'SIGKILL');
      process.kill(pidOf('code/1'), 'SIGUSR1');
      await until('all to have ended', () => [...victims, 'code/1'].every(id => !lives(pidOf(id))));
      process.kill(stopped, 'SIGCONT');
      for (const id of victims) await fleet.successor(id, pidOf(id));
      expect((await fleet.status('code', 'failed')).exit).toMatchObject({code: 42, signal: null});
      const after = fleet.ps();
      expect(after.supervisor).toMatchObject({anchor: supervisor.anchor, pid: supervisor.pid});
      for (const id of ['w/2', 'w/4', 'w/6']) expect(after.workers.find(one => one.id === id)!.pid).toBe(pidOf(id));
      expect(fleet.events('exited').map(({worker}) => worker)).toHaveLength(victims.length + 1);
      await until('what is left of orphan to be gone', () => fleet.named('sleep').length === 8);
      expect(fleet.run('down').code).toBe(0);
    });
  });
});
