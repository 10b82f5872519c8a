/** The name of a process, and whether it has anything that could be denied. */
import type {ProcessFiles} from './process-files.ts';
import type {ChannelProcess} from './types.ts';

const PF_KTHREAD = 0x00200000;

const utf8 = (latin1: string): string => Buffer.from(latin1, 'latin1').toString();

/**
 * Returns name and start time of the process being read, or null if it is gone.
 *
 * @param status text of its `status`, if that was read anyway
 * @param startTime whether the start time is needed, which costs a larger file
 */
export function introduce(
  source: ProcessFiles,
  pid: number,
  status: string | null,
  startTime: boolean,
): ChannelProcess | null {
  if (startTime) {
    const stat = source.read('stat');
    const fields = stat === null ? null : fieldsOf(stat);
    // Field 22 of proc_pid_stat(5); `rest` begins with field 3.
    return fields === null ? null : {pid, name: fields.name, startTime: fields.rest[19] ?? null};
  }
  if (status !== null) return {pid, name: nameIn(status), startTime: null};
  const comm = source.read('comm');
  return comm === null ? null : {pid, name: utf8(comm.replace(/\n$/, '')), startTime: null};
}

/** Whether a process can have anything open or mapped that could be denied. A zombie and a kernel thread can't. */
export function hasSomething(source: ProcessFiles): boolean {
  const stat = source.read('stat');
  const fields = stat === null ? null : fieldsOf(stat);
  if (fields === null) return false;
  const [state, , , , , , flags] = fields.rest;
  return state !== 'Z' && state !== 'X' && (Number(flags) & PF_KTHREAD) === 0;
}

/** Splits `stat`. The name may contain spaces and parentheses: it ends at the last parenthesis. */
function fieldsOf(stat: string): {name: string; rest: readonly string[]} | null {
  const end = stat.lastIndexOf(')');
  if (end === -1) return null;
  return {name: utf8(stat.slice(stat.indexOf('(') + 1, end)), rest: stat.slice(end + 2).split(' ', 20)};
}

/** Returns the name in `status`, where line breaks and backslashes are written as `\n` and `\\`. */
function nameIn(status: string): string {
  const name = /^Name:\t(.*)$/m.exec(status)?.[1] ?? '';
  return utf8(name.replace(/\\(n|\\)/g, (_, letter: string) => (letter === 'n' ? '\n' : '\\')));
}
