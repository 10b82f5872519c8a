/** `/proc/locks` (proc_locks(5)), and the lines about locks in `/proc/PID/fdinfo/FD`. */

export interface LockLine {
  /** The kind of request: by flock(2), by fcntl(2), or by fcntl(2) for an open file description. */
  readonly call: 'flock' | 'posix' | 'ofd';
  readonly type: 'read' | 'write';
  /** The process that requested the lock, not necessarily the current holder; null if the kernel does not report it. */
  readonly pid: number | null;
  /** `fe:00:4711` */
  readonly file: string;
  readonly start: number;
  /** The last byte; Infinity: to the end of the file, wherever that will be. */
  readonly end: number;
  /** The lock is not held, but waited for. */
  readonly waits: boolean;
}

const LINE =
  /^\d+: +(?:(->) *)?(FLOCK|POSIX|OFDLCK) +\S+ +(READ|WRITE) +(-?\d+) ([\da-f]+:[\da-f]+:\d+) (\d+) (\d+|EOF)$/;
const CALLS = {FLOCK: 'flock', POSIX: 'posix', OFDLCK: 'ofd'} as const;

/** Parses a line. Returns null if it is about something else, such as a lease. */
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

/** Returns the locks that belong to an open descriptor, or through it to its process. */
export const locksInFdinfo = (text: string): LockLine[] =>
  text
    .split('\n')
    .filter(line => line.startsWith('lock:'))
    .map(line => parseLockLine(line.slice('lock:'.length)))
    .filter(lock => lock !== null);

/**
 * A flock(2) lock never conflicts with the other two types (on Linux, except for NFS); those conflict with each other.
 */
const familyOf = ({call}: LockLine): string => (call === 'flock' ? 'flock' : 'record');

/** Returns the key of a place: the file, the range of bytes, and the rules that apply. */
export const placeOf = (lock: LockLine): string => `${familyOf(lock)} ${lock.file} ${lock.start}-${lock.end}`;

/** Returns a key that is equal for locks that may conflict. */
export const groundOf = (lock: LockLine): string => `${familyOf(lock)} ${lock.file}`;

/** Returns a key that is equal for a lock in `/proc/locks` and in `fdinfo`. Locks that look the same share a key. */
export const lockKeyOf = (lock: LockLine): string =>
  `${placeOf(lock)} ${lock.call} ${lock.type} ${lock.pid === null ? '' : lock.pid}`;
