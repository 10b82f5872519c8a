/** Whether there may be processes that this user is not even told of (`hidepid` in proc(5)). */
import {textOf} from './text.ts';

/** Two of the values, by number or by name, leave other users' processes out. */
const HIDES = / - proc \S+ (?:\S+,)?hidepid=(?:2|4|invisible|ptraceable)(?:,|$)/;

/** Of `mountinfo`: the last mount on that folder is the one that is seen. */
export function hidesIn(mountinfo: string): boolean {
  const mounts = mountinfo.split('\n').filter(line => line.split(' ')[4] === '/proc');
  return HIDES.test(mounts.at(-1) ?? '');
}

export const hidesProcesses = (root: string): boolean =>
  process.geteuid?.() !== 0 && hidesIn(textOf(root, 'self', 'mountinfo') ?? '');
