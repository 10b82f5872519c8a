/** `brood ipc` of a fleet, of a worker, of a process, and without a fleet. */
import {expect, test} from 'vitest';
import type {IpcReport} from '../../src/cli/ipc/report.ts';
import {refused, TestFleet, until} from './harness.ts';
import {using} from './wrapped.ts';

const PAIR = `
import os,socket,time
a,b=socket.socketpair()
if os.fork()==0: a.close(); time.sleep(1000)
b.close(); time.sleep(1000)`;
const NET = `
import os,socket,time
s=socket.create_server(("127.0.0.1",0))
if os.fork()==0:
  c=socket.create_connection(s.getsockname()); s.close(); time.sleep(1000)
k,_=s.accept(); time.sleep(1000)`;

const workers = {
  line: {sh: 'sleep 1000 | cat'},
  pair: {run: ['python3', '-c', PAIR], instances: 2},
  net: {run: ['python3', '-c', NET]},
};

/** Only sock_diag reports the other end of a unix socket (docs/guide.md). */
const areUnixEndsTold = !refused('netlink');
const JOINED = ['pipe line/1', ...(areUnixEndsTold ? ['unix pair/1', 'unix pair/2'] : []), 'tcp net/1'];

/** Whether a channel of a kind connects two processes of an instance. */
function joined({processes, channels}: IpcReport, kind: string, id: string): boolean {
  const owners = new Map(processes.map(({pid, worker, instance}) => [pid, `${worker ?? ''}/${instance ?? ''}`]));
  return channels.some(
    one =>
      one.kind === kind && new Set(one.ends.filter(({pid}) => owners.get(pid) === id).map(({pid}) => pid)).size > 1,
  );
}

test('ipc lists both ends of pipes, unix pairs and TCP connections, each with its worker and instance', () =>
  using(new TestFleet({fleet: 't', workers}), async fleet => {
    fleet.up();
    await fleet.ready('line', 'pair/1', 'pair/2', 'net');
    const report = await until('all of them to be connected', () => {
      const seen = fleet.json('ipc') as IpcReport;
      const all = JOINED.map(word => word.split(' '));
      return all.every(([kind = '', id = '']) => joined(seen, kind, id)) && seen;
    });
    const own = [...fleet.ps().workers.map(({pid}) => pid), fleet.keeper, fleet.controller, fleet.anchor];
    expect(report.denied.filter(pid => own.includes(pid))).toEqual([]);
    // The supervisor's processes are listed by their roles.
    const names = report.processes.filter(({worker}) => worker === null).map(({name}) => name);
    expect(names).toEqual(expect.arrayContaining(['keeper', 'controller']));
    // The keeper reads the workers' output.
    const output = report.channels.filter(
      ({kind, ends}) => kind === 'fifo' && ends.some(({pid}) => pid === fleet.keeper),
    );
    expect(output.length).toBeGreaterThanOrEqual(4);

    const main = fleet.worker('net').pid!;
    for (const target of ['pair/2', 'net', String(main)]) {
      const {processes, channels} = fleet.json('ipc', target) as IpcReport;
      const meant = (pid: number): boolean => {
        const owner = processes.find(process => process.pid === pid);
        return pid === main || `${owner?.worker ?? ''}/${owner?.instance ?? ''}`.startsWith(target);
      };
      expect(channels.length).toBeGreaterThan(0);
      expect(channels.filter(({ends}) => !ends.some(({pid}) => meant(pid)))).toEqual([]);
      // Other processes are listed only if a channel connects them to the target.
      expect(new Set(processes.map(({pid}) => pid))).toEqual(
        new Set(channels.flatMap(({ends}) => ends.map(({pid}) => pid))),
      );
    }
    const {channels} = fleet.json('ipc', '--kind', 'tcp,unix') as IpcReport;
    expect(new Set(channels.map(({kind}) => kind))).toEqual(new Set(['tcp', 'unix']));

    const table = fleet.run('ipc').out;
    expect(table).toMatch(/^pipe +line\/1 sleep \d+ +-> +line\/1 cat \d+ /m);
    expect(/^unix +pair\/2 \S+ \d+ +-- +pair\/2 \S+ \d+ /m.test(table)).toBe(areUnixEndsTold);
    expect(table).toMatch(/^tcp +net\/1 \S+ \d+ +-- +net\/1 \S+ \d+ +127\.0\.0\.1:\d+ -> 127\.0\.0\.1:\d+$/m);
    expect(table).not.toMatch(/^signals/m);
    expect(fleet.run('ipc', 'line').out).toMatch(/^signals of line\/1 \S+ \d+\n +pending +-$/m);
    expect(fleet.run('ipc', '--dot').out).toMatch(/^digraph[^]*subgraph "cluster line\/1"/);
    expect(fleet.run('ipc', '--mermaid').out).toMatch(/^flowchart LR[^]*subgraph f\d+\["line\/1"\]/);
  }));

test('ipc explains each request that it rejects', () =>
  using(new TestFleet({fleet: 't', workers: {a: {run: ['sleep', '1000']}}}), async fleet => {
    const absent = fleet.run('ipc');
    expect(absent.code).toBe(3);
    expect(absent.err).toMatch(/not running[^]*--all/);
    expect(fleet.run('ipc', '--all').code).toBe(0);
    fleet.up();
    await fleet.ready('a');
    expect(fleet.run('ipc', '--kind', 'pipes')).toMatchObject({
      code: 2,
      err: expect.stringMatching(/did you mean pipe\?/) as unknown,
    });
    expect(fleet.run('ipc', '--dot', '--json')).toMatchObject({code: 2});
    expect(fleet.run('ipc', 'b').code).toBe(1);
    expect(fleet.run('ipc', '1').err).toMatch(/does not belong to fleet t;/);
    expect(fleet.run('ipc', '--all', '9999999')).toMatchObject({
      code: 1,
      err: expect.stringMatching(/no such process: 9999999/) as unknown,
    });
  }));
