/**
 * Identifies the anchor of a fleet. A process may write anything to its own command line: it counts as an anchor, and
 * not as an orphan, only if the lock of the fleet, a file of the same user, names it.
 */
import {closeSync, constants, fstatSync, openSync, readSync, statSync} from 'node:fs';
import {isAbsolute} from 'node:path';
import {inFolder} from '../../control/folder.ts';
import {lockIn} from '../../control/lock.ts';
import {argumentsIn, readCommandLine} from '../../process/command-line.ts';

/** Indices into the command line of an anchor (src/keeper/anchor/anchor.ts); index 0 is the shell. */
const NAME = 3;
const FOLDER = 9;
/** The first line of a lock is far shorter. */
const MOST_BYTES = 4_096;

export function isAnchor(pid: number, startTime: string): boolean {
  const argv = argumentsIn(readCommandLine(`/proc/${pid}`) ?? '');
  const folder = argv[FOLDER];
  if (argv[1] !== '-c' || argv[NAME] !== 'brood-anchor' || folder === undefined || !isAbsolute(folder)) return false;
  const owner = statSync(`/proc/${pid}`, {throwIfNoEntry: false})?.uid;
  const lock = owner === undefined ? null : lockIn(textOf(inFolder.lock(folder), owner));
  return lock?.anchor === pid && lock.anchorStartTime === startTime;
}

/**
 * Reads a regular file of `owner`; returns '' for any other. The process chose the path, and reading a FIFO would
 * block.
 */
function textOf(path: string, owner: number): string {
  let fd: number | undefined;
  try {
    fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW);
    const stat = fstatSync(fd);
    if (!stat.isFile() || stat.uid !== owner) return '';
    const bytes = Buffer.alloc(MOST_BYTES);
    return bytes.toString('utf8', 0, readSync(fd, bytes, 0, MOST_BYTES, 0));
  } catch {
    return '';
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}
