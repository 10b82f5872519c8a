/** `brood tree` of a running fleet, and of the machine for users who may see little of it. */
import {spawnSync} from 'node:child_process';
import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {expect, onTestFinished, test} from 'vitest';
import {cli, TestFleet, until} from './harness.ts';
import {asOrdinary, isRoot, using} from './wrapped.ts';

interface Node {
  readonly pid: number;
  readonly ppid: number;
  readonly state: string;
  readonly stat: string;
  readonly nice: number;
  readonly user: string;
  readonly name: string;
  readonly worker: string | null;
  readonly instance: number | null;
  readonly role: string | null;
  readonly exit: {readonly code: number | null} | null;
  readonly children: readonly Node[];
}

const flat = (nodes: readonly Node[]): Node[] => nodes.flatMap(node => [node, ...flat(node.children)]);

test('the keeper is the root of its fleet, also after the loss of a keeper', async () => {
  // The shell executes sleep, which waits for no child.
  const family = {sh: 'sh -c "sleep 1000; :" & (exit 7) & exec sleep 1000'};
  const workers = {family, polite: {run: 'sleep 1000', nice: 5}};
  await using(new TestFleet({fleet: 'tree', workers}), async fleet => {
    fleet.up();
    const [main, polite] = await fleet.ready('family', 'polite');
    const look = (...args: string[]): Node[] => fleet.json('tree', ...args) as Node[];
    const ownedBy = (worker: string, nodes: readonly Node[]): Node[] =>
      flat(nodes).filter(node => node.worker === worker);
    const whole = await until('the family, and the polite one asleep', () => {
      const nodes = look();
      const found = ownedBy('family', nodes);
      const isThere = found.length === 4 && found.some(({state}) => state === 'Z');
      return isThere && ownedBy('polite', nodes).some(({stat}) => stat === 'SNs') && nodes;
    });
    const members = ownedBy('family', whole);
    expect(members.find(({state}) => state === 'Z')).toMatchObject({ppid: main!.pid, exit: {code: 7}});
    const [root, ...others] = whole;
    expect(others).toEqual([]);
    expect(root).toMatchObject({pid: fleet.keeper, role: 'keeper', worker: null});
    expect(root?.children.find(({pid}) => pid === polite!.pid)).toMatchObject({instance: 1, nice: 5});
    expect(root?.children.some(({role}) => role === 'controller')).toBe(true);
    expect(look('family').map(({pid}) => pid)).toEqual([main!.pid]);
    expect(look(String(main!.pid))).toHaveLength(1);

    const lost = fleet.keeper;
    process.kill(lost, 'SIGKILL');
    await until('the family beside another keeper', () => {
      const [first, ...rest] = look();
      const pids = ownedBy('family', rest).map(({pid}) => pid);
      return first?.role === 'keeper' && first.pid !== lost && members.every(({pid}) => pids.includes(pid));
    });
    const plain = fleet.run('tree');
    expect(plain.out).toMatch(/WORKER +COMMAND\n/);
    expect(plain.out).toMatch(/family\/1 +(├─|└─|\|-|`-)? ?\[sh\] <defunct>, exit code 7/);
  });
});

/** Returns a folder without a fleet. */
function nowhere(): string {
  const folder = mkdtempSync(join(tmpdir(), 'brood-test-'));
  onTestFinished(() => rmSync(folder, {recursive: true}));
  return folder;
}

const can = (...words: string[]): boolean => spawnSync(words[0] ?? '', words.slice(1)).status === 0;
const mayBecome = isRoot && can(...asOrdinary(), process.execPath, cli, '--version');
const hiding = 'mount -t proc -o hidepid=2 proc /proc && exec "$@"';
const mayHide = mayBecome && can('unshare', '-m', 'sh', '-c', hiding, 'sh', 'true');

function machine(...prefix: string[]): Node[] {
  const words = [...prefix, process.execPath, cli, 'tree', '--all', '--json'];
  const {status, stdout, stderr} = spawnSync(words[0] ?? '', words.slice(1), {
    cwd: nowhere(),
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  });
  if (status !== 0) throw new Error(`exit ${status}: ${stderr}`);
  return flat(JSON.parse(stdout) as Node[]);
}

test('tree --all shows the whole machine without a fleet', () => {
  const pids = machine().map(({pid}) => pid);
  expect(pids).toContain(1);
  expect(pids).toContain(process.pid);
  expect(new Set(pids).size).toBe(pids.length);
});

test.skipIf(!mayBecome)('tree --all shows the whole machine to a user without an entry in the password file', () => {
  const all = machine(...asOrdinary());
  expect(all.find(({pid}) => pid === process.pid)).toMatchObject({user: 'root'});
  expect(all.some(({user}) => user === '64321')).toBe(true);
});

test.skipIf(!mayHide)('tree --all shows the visible processes of a /proc that hides those of other users', () => {
  const all = machine('unshare', '-m', 'sh', '-c', hiding, 'sh', ...asOrdinary());
  expect(all.length).toBeGreaterThan(0);
  expect(new Set(all.map(({user}) => user))).toEqual(new Set(['64321']));
});
