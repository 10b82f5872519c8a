/** `/proc/locks` (proc_locks(5)), and the lines about locks in `/proc/PID/fdinfo/FD`. */

export interface LockLine {
  /** What was asked for by flock(2), by fcntl(2), or by fcntl(2) for an open file description. */
  readonly call: 'flock' | 'posix' | 'ofd';
  readonly type: 'read' | 'write';
  /** Who asked for it, which need not be who has it now; null where the kernel does not tell. */
  readonly pid: number | null;
  /** `fe:00:4711` */
  readonly file: string;
  readonly start: number;
  /** The last byte; Infinity: to the end, wherever that will be. */
  readonly end: number;
  /** It is not held, but waited for. */
  readonly waits: boolean;
}

const LINE =
  /^\d+: +(?:(->) *)?(FLOCK|POSIX|OFDLCK) +\S+ +(READ|WRITE) +(-?\d+) ([\da-f]+:[\da-f]+:\d+) (\d+) (\d+|EOF)$/;
const CALLS = {FLOCK: 'flock', POSIX: 'posix', OFDLCK: 'ofd'} as const;

/** One line; null where it is about something else, such as a lease. */
export function parseLockLine(line: string): LockLine | null {
  const match = LINE.exec(line.trim());
  if (!match) return null;
  const [, arrow, call, type, pid, file = '', start, end] = match;
  return {
    call: CALLS[call as keyof typeof CALLS],
    type: type === 'READ' ? 'read' : 'write',
    pid: Number(pid) > 0 ? Number(pid) : null,
    file,
    start: Number(start),
    end: end === 'EOF' ? Infinity : Number(end),
    waits: arrow !== undefined,
  };
}

export const parseLocks = (text: string): LockLine[] =>
  text
    .split('\n')
    .map(parseLockLine)
    .filter(lock => lock !== null);

/** The locks that belong to an open descriptor, or by it to its process. */
export const locksInFdinfo = (text: string): LockLine[] =>
  text
    .split('\n')
    .filter(line => line.startsWith('lock:'))
    .map(line => parseLockLine(line.slice('lock:'.length)))
    .filter(lock => lock !== null);

/** flock(2) knows nothing of the others (on Linux, but for NFS), and those two are one. */
const familyOf = ({call}: LockLine): string => (call === 'flock' ? 'flock' : 'record');

/** What tells a lock from others: which file, which of its bytes, and by which rules. */
export const placeOf = (lock: LockLine): string => `${familyOf(lock)} ${lock.file} ${lock.start}-${lock.end}`;

/** Where locks may be in each other's way. */
export const groundOf = (lock: LockLine): string => `${familyOf(lock)} ${lock.file}`;

/** What `/proc/locks` and `fdinfo` say in the same words of one lock; of two that both call the same, it is the same. */
export const lockKeyOf = (lock: LockLine): string =>
  `${placeOf(lock)} ${lock.call} ${lock.type} ${lock.pid === null ? '' : lock.pid}`;
