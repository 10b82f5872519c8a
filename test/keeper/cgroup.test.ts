/** Real cgroups: who may delegate controllers, and the place of the supervisor in the meantime. */
import {spawn, type ChildProcess} from 'node:child_process';
import {existsSync, mkdirSync, writeFileSync} from 'node:fs';
import {dirname, join} from 'node:path';
import {describe, expect, test} from 'vitest';
import {Cgroups, nestFor, removeCgroup} from '../../src/keeper/cgroup/cgroup.ts';
import type {RunLimits, Unenforced} from '../../src/link/runs.ts';
import {isRootCgroup, ownCgroup, processesIn, valuesIn} from '../../src/process/cgroup.ts';
import {until} from '../end-to-end/harness.ts';

const root = ownCgroup();
/** Any controller in the version 2 hierarchy of this machine will do: the rules are the same for all. */
const controller = root === null ? undefined : valuesIn(join(root, 'cgroup.controllers'))[0];
const canTry = process.getuid?.() === 0 && root !== null && isRootCgroup(root) && controller !== undefined;

const put = (path: string, text: string): void => writeFileSync(path, text, {flag: 'r+'});
const subtree = (cgroup: string): string[] => valuesIn(join(cgroup, 'cgroup.subtree_control'));

/** Moves this process into a cgroup of its own for the test, and back again. */
async function inOwnCgroup(test: (outer: string) => Promise<void>): Promise<void> {
  const home = root ?? '';
  const name = controller ?? '';
  const outer = join(home, `brood-test-${process.pid}`);
  const had = subtree(home).includes(name);
  mkdirSync(outer);
  try {
    if (!had) put(join(home, 'cgroup.subtree_control'), `+${name}`);
    put(join(outer, 'cgroup.procs'), '0');
    await test(outer);
  } finally {
    put(join(home, 'cgroup.procs'), '0');
    await until('the cgroup to be removed', () => removeCgroup(outer));
    if (!had) put(join(home, 'cgroup.subtree_control'), `-${name}`);
  }
}

const sleeper = (): ChildProcess => spawn('sleep', ['1000'], {stdio: 'ignore'});

async function end(child: ChildProcess): Promise<void> {
  const ended = new Promise(resolve => child.once('exit', resolve));
  child.kill('SIGKILL');
  await ended;
}

function opened(...ours: readonly (number | undefined)[]): Cgroups {
  // One that exists, and one that does not.
  const controllers = {memory: controller ?? '', cpu: 'none-such'};
  const own = new Set([process.pid, ...ours]);
  const cgroups = Cgroups.open('t', {strangerAmong: pids => pids.find(pid => !own.has(pid)), controllers});
  if (!(cgroups instanceof Cgroups)) throw new Error(cgroups.unavailable);
  return cgroups;
}

interface ProcessRecord {
  readonly child: ChildProcess;
  readonly cgroup: string;
  readonly unenforced: Unenforced;
}

function born(cgroups: Cgroups, limits: RunLimits): ProcessRecord {
  const {cgroup, hold} = nestFor(cgroups, limits);
  const child = sleeper();
  const unenforced = hold();
  cgroups.moveOn(cgroup, true);
  return {child, cgroup: cgroup ?? '', unenforced};
}

const NONE = {memory: null, cpu: null};

describe.skipIf(!canTry)(
  'controllers for the limits of runs (needs root, and a controller in the hierarchy of version 2)',
  () => {
    test('are delegated if the cgroup has no other process, and withdrawn at the end', async () => {
      await inOwnCgroup(async outer => {
        const base = join(outer, 'brood-t');
        const leaf = join(base, 'supervisor');
        const anchor = sleeper();
        const cgroups = opened(anchor.pid);
        const first = born(cgroups, NONE);
        try {
          // A run without limits changes nothing.
          expect([first.unenforced, subtree(outer), processesIn(outer)]).toEqual([NONE, [], [anchor.pid]]);
          const second = born(cgroups, {memory: 2 ** 20, cpu: 50});
          expect(second.unenforced.cpu).toBe(`the cgroup ${outer} has no none-such controller`);
          expect([subtree(outer), subtree(base)]).toEqual([[controller], [controller]]);
          expect([processesIn(outer), processesIn(leaf)]).toEqual([[], [anchor.pid]]);
          expect([processesIn(first.cgroup), processesIn(second.cgroup)]).toEqual([
            [first.child.pid],
            [second.child.pid],
          ]);
          expect(dirname(ownCgroup() ?? '')).toBe(base);
          await end(second.child);
          expect(cgroups.outside(ownCgroup)).toBe(leaf);

          // While a process still runs there, the limits stay, also for another keeper.
          opened().close();
          expect([subtree(base), ownCgroup(), processesIn(first.cgroup)]).toEqual([
            [controller],
            leaf,
            [first.child.pid],
          ]);
        } finally {
          await end(first.child);
        }
        try {
          await until('all to be undone', () => {
            opened().close();
            return !existsSync(base);
          });
          expect([subtree(outer), ownCgroup(), processesIn(outer).includes(anchor.pid ?? 0)]).toEqual([
            [],
            outer,
            true,
          ]);
        } finally {
          await end(anchor);
        }
      });
    });

    test('are not delegated if the cgroup has another process, and then the limit is not enforced', async () => {
      await inOwnCgroup(async outer => {
        const stranger = sleeper();
        try {
          const {unenforced, child} = born(opened(), {memory: 2 ** 20, cpu: null});
          await end(child);
          expect(unenforced).toEqual({
            memory: `the cgroup ${outer} is not reserved for brood, so it can't be divided (process ${stranger.pid ?? 0} is also in it)`,
            cpu: null,
          });
          expect([subtree(outer), existsSync(join(outer, 'brood-t/supervisor'))]).toEqual([[], false]);
          opened().close();
          expect(ownCgroup()).toBe(outer);
        } finally {
          await end(stranger);
        }
      });
    });
  },
);
