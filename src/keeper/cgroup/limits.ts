/**
 * Limits in the cgroup of a run (cgroups(7); the kernel's admin-guide/cgroup-v2.rst), if it has the controllers.
 *
 * - `memory.max`: above it, the kernel frees what it can, and kills the run if that is not enough.
 * - `memory.oom.group`: the whole run is then killed at once. A run that loses single children is neither up nor down.
 * - `memory.swap.max` 0: a run at its limit ends, and does not continue at the speed of the disk.
 * - `cpu.max`: microseconds of processor time in each period.
 */
import {errorCode} from '../../base/errors.ts';
import {existsSync, readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import type {Oom, RunLimits, Unenforced} from '../../link/runs.ts';
import type {Controller} from '../../process/cgroup.ts';

const PERIOD_US = 100_000;
/** The kernel accepts periods of at most a second, and shares of at least a millisecond. */
const LONGEST_PERIOD_US = 1_000_000;
const SHORTEST_SHARE_US = 1_000;

/** @param percent of one core */
export function cpuMax(percent: number): string {
  const period = (PERIOD_US * percent) / 100 < SHORTEST_SHARE_US ? LONGEST_PERIOD_US : PERIOD_US;
  return `${Math.max(SHORTEST_SHARE_US, Math.round((period * percent) / 100))} ${period}`;
}

/** Writes to a file that the kernel has made. Throws if the kernel refuses. */
function set(cgroup: string, file: string, value: string): void {
  writeFileSync(join(cgroup, file), value, {flag: 'r+'});
}

function trySet(cgroup: string, file: string, value: string): void {
  try {
    set(cgroup, file, value);
  } catch {
    // No swap to account for, or a kernel before 4.19.
  }
}

const orWhy = (action: () => void): string | null => {
  try {
    action();
    return null;
  } catch (error) {
    return `the kernel refused it (${errorCode(error, String(error))})`;
  }
};

/**
 * Sets the limits of a run. They also apply to processes that are in its cgroup already.
 *
 * @param why which controllers are unavailable, and why
 * @returns why a requested limit is not enforced
 */
export function setLimits(cgroup: string | null, {memory, cpu}: RunLimits, why: Unenforced): Unenforced {
  const hold = (limit: Controller, value: number | null, action: (path: string) => void): string | null => {
    if (value === null) return null;
    if (why[limit] !== null) return why[limit];
    return cgroup === null ? 'it has no cgroup' : orWhy(() => action(cgroup));
  };
  return {
    memory: hold('memory', memory, path => {
      trySet(path, 'memory.swap.max', '0');
      trySet(path, 'memory.oom.group', '1');
      set(path, 'memory.max', String(memory));
    }),
    cpu: hold('cpu', cpu, path => set(path, 'cpu.max', cpuMax(cpu ?? 100))),
  };
}

function read(cgroup: string, file: string): string | null {
  try {
    return readFileSync(join(cgroup, file), 'latin1');
  } catch {
    return null;
  }
}

/** Returns why a limit of a run that an earlier keeper has started is not enforced. */
export function limitsKept(cgroup: string | null, {memory, cpu}: RunLimits): Unenforced {
  const isSet = (file: string): boolean => !/^(max\b|$)/.test((cgroup && read(cgroup, file)) ?? '');
  const lost = 'its cgroup does not enforce it';
  return {
    memory: memory === null || isSet('memory.max') ? null : lost,
    cpu: cpu === null || isSet('cpu.max') ? null : lost,
  };
}

/**
 * Checks whether the kernel has killed processes of a run for lack of memory: `limit` if the run's own limit was
 * reached, `outside` if that of a surrounding cgroup or the machine was. The kernel counts the kill before it sends the
 * signal.
 */
export function oomOf(cgroup: string): Oom | null {
  // The controller is usually absent, and an exception would take longer than the rest of a restart's work here.
  if (!existsSync(join(cgroup, 'memory.events'))) return null;
  const events = new Map(
    (read(cgroup, 'memory.events') ?? '').split('\n').map(line => {
      const [name = '', count = '0'] = line.split(' ');
      return [name, Number(count)];
    }),
  );
  if ((events.get('oom_kill') ?? 0) === 0) return null;
  return (events.get('oom') ?? 0) > 0 ? 'limit' : 'outside';
}
