import {chmodSync, lstatSync, mkdirSync} from 'node:fs';

/** Other users may traverse the folder, but not list it. */
const MODE = 0o711;
const OTHERS_READ = 0o044;

/**
 * Makes a cgroup unless it exists. A process that may read a folder can hold its lock as long as it likes, which blocks
 * creation and removal inside: so no other user may read it.
 */
export function makeCgroup(path: string): void {
  const is = lstatSync(path, {throwIfNoEntry: false});
  if (is === undefined) mkdirSync(path, {recursive: true, mode: MODE});
  else if ((is.mode & OTHERS_READ) !== 0) closeToOthers(path);
}

/** Closes a cgroup that comes from an earlier version, or from the process that delegated it to this user. */
function closeToOthers(path: string): void {
  try {
    chmodSync(path, MODE);
  } catch {
    // The cgroup is another user's: it stays as it is.
  }
}
