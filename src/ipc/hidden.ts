/** Whether processes may exist that this user can't even see (`hidepid` in proc(5)). */
import {textOf} from './text.ts';

/** Two of the values, by number or by name, leave out other users' processes. */
const HIDES = / - proc \S+ (?:\S+,)?hidepid=(?:2|4|invisible|ptraceable)(?:,|$)/;

/** Parses `mountinfo`. The last mount on /proc is the visible one. */
export function hidesIn(mountinfo: string): boolean {
  const mounts = mountinfo.split('\n').filter(line => line.split(' ')[4] === '/proc');
  return HIDES.test(mounts.at(-1) ?? '');
}

export const hidesProcesses = (root: string): boolean =>
  process.geteuid?.() !== 0 && hidesIn(textOf(root, 'self', 'mountinfo') ?? '');
