/** Whether /proc hides other users' processes (proc(5), mount option hidepid). */
import {readFileSync} from 'node:fs';
import {readStat} from './stat.ts';
import {killPid} from '../posix/kill.ts';

const HIDING = /^(?:1|2|4|noaccess|invisible|ptraceable)$/;

/** Returns the mount option of /proc that hides other users' processes from this one, e.g. `hidepid=2`, or null. */
export function hiddenBy(mounts = readMounts(), groups = ownGroups(), uid = process.geteuid?.()): string | null {
  // Root may inspect every process.
  if (uid === 0) return null;
  let found: string | null = null;
  for (const line of mounts.split('\n')) {
    const [, folder, type, options = ''] = line.split(' ');
    if (folder !== '/proc' || type !== 'proc') continue;
    // A later mount covers the ones before it.
    const named = new Map(options.split(',').map(option => [option.split('=')[0], option.split('=')[1] ?? '']));
    const value = named.get('hidepid') ?? '';
    const group = named.get('gid');
    const isExempt = group !== undefined && value !== '4' && value !== 'ptraceable' && groups.includes(Number(group));
    found = HIDING.test(value) && !isExempt ? `hidepid=${value}` : null;
  }
  return found;
}

/** Whether a process exists that /proc does not show. Throws as {@link readStat} does. */
export const isHidden = (pid: number): boolean => readStat(pid) === null && killPid(pid, 0) !== 'ESRCH';

const ownGroups = (): number[] => [process.getegid?.() ?? -1, ...(process.getgroups?.() ?? [])];

function readMounts(): string {
  try {
    return readFileSync('/proc/self/mounts', 'latin1');
  } catch {
    return '';
  }
}
