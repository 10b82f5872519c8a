/** The cgroups (cgroups(7), version 2) of this machine, and the resources that they can limit. */
import {accessSync, constants, existsSync, readFileSync} from 'node:fs';
import {join, resolve} from 'node:path';
import {cgroupOf} from './proc-files.ts';

/** A resource that a cgroup can limit, by the name of the kernel's controller. */
export type Controller = 'memory' | 'cpu';

function read(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return '';
  }
}

function mountPoint(): string | null {
  const line = read('/proc/self/mountinfo')
    .split('\n')
    .find(entry => / - cgroup2 /.test(entry));
  // mountinfo writes a space in a path as \040.
  return line?.split(' ')[4]?.replaceAll('\\040', ' ') ?? null;
}

/** Returns the folder of this process's cgroup, or null if no version 2 hierarchy is mounted. */
export function ownCgroup(): string | null {
  const mount = mountPoint();
  const path = cgroupOf('self');
  return mount === null || path === null ? null : resolve(mount, `.${path}`);
}

/** Returns the words of a file such as `cgroup.controllers`; none if it can't be read. */
export const valuesIn = (path: string): string[] => read(path).split(/\s+/).filter(Boolean);

/** Returns the processes in a cgroup itself, without those in cgroups below it. */
export const processesIn = (cgroup: string): number[] => valuesIn(join(cgroup, 'cgroup.procs')).map(Number);

/** Whether a cgroup is the hierarchy's root: only that may have both processes and limited cgroups below it. */
export const isRootCgroup = (cgroup: string): boolean => !existsSync(join(cgroup, 'cgroup.events'));

/**
 * Returns the reason why no cgroup below this one can have a controller, or null if one can or does.
 *
 * @param strangerAmong returns the first of these processes that is not the supervisor's own
 */
export function whyWithout(
  cgroup: string,
  name: string,
  strangerAmong: (pids: readonly number[]) => number | undefined,
): string | null {
  if (!valuesIn(join(cgroup, 'cgroup.controllers')).includes(name)) {
    return `the cgroup ${cgroup} has no ${name} controller`;
  }
  if (valuesIn(join(cgroup, 'cgroup.subtree_control')).includes(name) || isRootCgroup(cgroup)) return null;
  const stranger = strangerAmong(processesIn(cgroup));
  return stranger === undefined
    ? null
    : `the cgroup ${cgroup} is not reserved for brood, so it can't be divided (process ${stranger} is also in it)`;
}

/**
 * Returns the reason, if known beforehand, why a supervisor started here could not limit a resource by cgroup, or null.
 */
export function whyNoLimit(name: Controller): string | null {
  const cgroup = ownCgroup();
  if (cgroup === null) return 'no cgroup v2 hierarchy is mounted';
  try {
    accessSync(cgroup, constants.W_OK);
  } catch {
    return `the cgroup ${cgroup} can't be written`;
  }
  return whyWithout(cgroup, name, pids => pids.find(pid => pid !== process.pid));
}
