/** The lock that makes a keeper the only one of its fleet, on a file that names its holder. */
import {closeSync, ftruncateSync, openSync, readFileSync, writeSync, constants} from 'node:fs';
import {tryLock} from '../posix/flock.ts';
import {isAlive} from '../process/stat.ts';

export interface Holder {
  readonly pid: number;
  readonly startTime: string;
  readonly anchor: number | null;
  readonly anchorStartTime: string | null;
  readonly startedAt: number;
  readonly version: string;
}

export interface Lock {
  /** The descriptor that holds it. */
  readonly fd: number;
  /** Forgets the holder's name and releases the lock. The file stays: unlinking it would let two keepers lock two files. */
  release(): void;
}

const RETRY_MS = 10;
const PATIENCE_MS = 10_000;

function holderOf(path: string): {pid: number; startTime: string} | null {
  try {
    const holder: unknown = JSON.parse(readFileSync(path, 'utf8').split('\n', 1)[0] ?? '');
    if (typeof holder !== 'object' || holder === null || !('pid' in holder) || !('startTime' in holder)) return null;
    const {pid, startTime} = holder;
    return typeof pid === 'number' && typeof startTime === 'string' ? {pid, startTime} : null;
  } catch {
    return null;
  }
}

/**
 * Takes the lock. A living holder refuses it at once (its pid is the answer); where the named holder is dead, a child
 * of it between fork and exec may still hold the lock for a moment, so that is waited for. An inherited descriptor holds
 * the lock already.
 */
export async function takeLock(
  path: string,
  name: Holder,
  inherited?: number,
): Promise<Lock | {readonly heldBy: number}> {
  const fd = inherited ?? openSync(path, constants.O_RDWR | constants.O_CREAT, 0o600);
  const end = performance.now() + PATIENCE_MS;
  while (!tryLock(fd)) {
    const holder = holderOf(path);
    if (holder && isAlive(holder.pid, holder.startTime)) {
      closeSync(fd);
      return {heldBy: holder.pid};
    }
    if (performance.now() > end) {
      closeSync(fd);
      throw new Error(`${path} is locked, and its holder is dead: some process still has it open`);
    }
    await new Promise(resolve => setTimeout(resolve, RETRY_MS));
  }
  // Written over what is there before it is cut: on a full disk, the room that a shorter file gives up may be gone.
  // Until then the rest of a longer one stands behind it: only the first line counts.
  const text = Buffer.from(JSON.stringify(name) + '\n');
  writeSync(fd, text, 0, text.length, 0);
  ftruncateSync(fd, text.length);
  return {
    fd,
    release() {
      ftruncateSync(fd, 0);
      closeSync(fd);
    },
  };
}
