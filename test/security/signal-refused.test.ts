/** If a signal can't be sent to a process of a worker, the command fails and names it, and an event is written. */
import {spawnSync} from 'node:child_process';
import {chmodSync, chownSync} from 'node:fs';
import {expect, test} from 'vitest';
import type {Outcomes} from '../../src/control/reports.ts';
import {until} from '../end-to-end/harness.ts';
import {look, send} from '../end-to-end/processes.ts';
import {isRoot, ordinaryFleet, using} from '../end-to-end/wrapped.ts';

/** A program that becomes root, and waits. */
const ROOTLING = '#include <unistd.h>\nint main(void) { if (setgid(0) || setuid(0)) return 1; for (;;) pause(); }\n';

const gcc = spawnSync('gcc', ['--version']).status === 0;

test.skipIf(!isRoot || !gcc)('signal, pause and resume name a child that has become root', async () => {
  const workers = {r: {sh: './rootling & exec sleep 1000', stop: {timeout: '100ms'}}};
  await using(ordinaryFleet({fleet: 't', workers}, {'rootling.c': ROOTLING}), async fleet => {
    // Under a launcher that refuses system calls, no setuid program becomes root.
    if (fleet.under.length > 0) return;
    const program = fleet.path('rootling');
    expect(spawnSync('gcc', ['-o', program, `${program}.c`]).status).toBe(0);
    chownSync(program, 0, 0);
    chmodSync(program, 0o4755);
    fleet.up('--wait');
    const [r] = await fleet.ready('r');
    const child = await until('the child', () => fleet.named('rootling')[0]);
    const {pid} = child;
    const why = 'rootling: not permitted: it belongs to another user';
    await until('it to be root’s', () => fleet.run('signal', 'WINCH', 'r', '--tree').err.includes(why));

    const signalled = fleet.run('signal', 'WINCH', 'r', '--tree');
    expect(signalled).toEqual({
      code: 1,
      out: `SIGWINCH sent to ${r?.pid ?? 0} (r/1)\n`,
      err: `SIGWINCH could not be sent to ${pid} (r/1) ${why}\n`,
    });
    expect(fleet.events('signal-failed').at(-1)).toMatchObject({worker: 'r', pid, signal: 'SIGWINCH', error: 'EPERM'});

    for (const [command, signal] of [
      ['pause', 'SIGSTOP'],
      ['resume', 'SIGCONT'],
      ['pause', 'SIGSTOP'],
      ['pause', 'SIGSTOP'],
      ['pause', 'SIGSTOP'],
    ] as const) {
      const {ok, outcomes} = fleet.json(command, 'r') as Outcomes;
      expect(ok).toBe(false);
      expect(outcomes[0]?.reason).toBe(
        `${signal} could not be sent to process ${pid} rootling (EPERM): not permitted: it belongs to another user`,
      );
    }
    expect(look(r?.pid ?? 0)?.state).toBe('T');
    const paused = fleet.run('pause', 'r');
    expect(paused.code).toBe(1);
    expect(paused.err).toContain(`SIGSTOP could not be sent to process ${pid} rootling`);
    expect(fleet.events('signal-failed').at(-1)).toMatchObject({worker: 'r', pid, signal: 'SIGSTOP', error: 'EPERM'});

    const {outcomes} = fleet.json('stop', 'r') as Outcomes;
    expect(outcomes[0]?.survivors).toEqual([`${pid} rootling`]);
    send(child, 'SIGKILL');
  });
});
