/** A pid of a worker that was given to a stranger while there was no supervisor. */
import {spawn, type ChildProcess} from 'node:child_process';
import {once} from 'node:events';
import {readFileSync, writeFileSync} from 'node:fs';
import {describe, expect, test} from 'vitest';
import {until} from './harness.ts';
import {loseSupervisor, sleeper} from './losing.ts';
import {commandLine, everyProcess, lives, look} from './processes.ts';
import {asOrdinary, isRoot, lineageFleet, ordinaryFleet, using} from './wrapped.ts';

/**
 * Runs a script with a given pid, which otherwise happens only by chance; returns null if this machine can't. The shell
 * runs the script once it has read a line: one that got another pid never does.
 */
async function startAs(pid: number, script: string): Promise<ChildProcess | null> {
  const [program, ...args] = [...asOrdinary(), 'sh', '-c', `read -r go; ${script}`];
  for (let tries = 0; tries < 2000; tries++) {
    writeFileSync('/proc/sys/kernel/ns_last_pid', String(pid - 1));
    const child = spawn(program, args, {stdio: ['pipe', 'pipe', 'ignore'], detached: true, cwd: '/', env: {}});
    if (child.pid === pid) {
      child.stdin.end('\n');
      return child;
    }
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
  return null;
}

/** Whether the next pid can be set on this machine. */
function mayChoosePid(): boolean {
  try {
    writeFileSync('/proc/sys/kernel/ns_last_pid', readFileSync('/proc/sys/kernel/ns_last_pid'));
    return isRoot;
  } catch {
    return false;
  }
}

describe.skipIf(!mayChoosePid())('a pid of a worker that is reused while there is no supervisor (needs root)', () => {
  const cases = [
    {who: 'who has it', script: 'echo here; exec sleep 4711', make: lineageFleet},
    {who: 'who has it and is seen by the connector', script: 'echo here; exec sleep 4711', make: ordinaryFleet},
    {
      who: 'who was left in the session that it named',
      script: 'sleep 4711 >/dev/null & echo here',
      make: lineageFleet,
    },
  ];
  test.for(cases)('a stranger $who lives on, and the worker is started once', async ({script, make}, context) => {
    // The keeper of an ordinary user has no cgroup: it can rely only on sessions and pids.
    await using(make({fleet: 't', workers: {w: sleeper}}), async fleet => {
      fleet.up('--wait');
      const pid = fleet.worker('w').pid!;
      await loseSupervisor(fleet);
      process.kill(pid, 'SIGKILL');
      await until(`${pid} to have ended`, () => !lives(pid));
      // In a container where no process reaps orphans, no pid is ever reused.
      await until('its pid to be free', () => look(pid) === null, 5_000).catch(() => context.skip());
      const stranger = await startAs(pid, script);
      expect(stranger).not.toBe(null);
      await once(stranger!.stdout!, 'data');
      const mine = await until('the stranger', () =>
        everyProcess().find(seen => seen.sid === pid && commandLine(seen.pid)[1] === '4711'),
      );
      try {
        if (mine.pid !== pid) await until(`${pid} to be gone`, () => look(pid) === null);
        fleet.up('--wait');
        expect(fleet.worker('w').pid).not.toBe(pid);
        expect(fleet.named('sleep')).toHaveLength(1);
        expect(fleet.run('restart', 'w').code).toBe(0);
        expect(fleet.run('down').code).toBe(0);
        expect(look(mine.pid)).toMatchObject({startTime: mine.startTime, state: 'S'});
      } finally {
        process.kill(mine.pid, 'SIGKILL');
      }
    });
  });
});
