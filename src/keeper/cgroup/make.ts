import {chmodSync, lstatSync, mkdirSync} from 'node:fs';

/** Others may pass through it, and can't list what it holds. */
const MODE = 0o711;
const OTHERS_READ = 0o044;

/**
 * Makes a cgroup where there is none. Whoever may read a folder can hold its lock for as long as it likes, and what is made
 * or removed in it waits then: so nobody else may.
 */
export function makeCgroup(path: string): void {
  const is = lstatSync(path, {throwIfNoEntry: false});
  if (is === undefined) mkdirSync(path, {recursive: true, mode: MODE});
  else if ((is.mode & OTHERS_READ) !== 0) closeToOthers(path);
}

/** Of an earlier version, or made by whoever has handed it on to this user. */
function closeToOthers(path: string): void {
  try {
    chmodSync(path, MODE);
  } catch {
    // It is another user's: then it stays as it is.
  }
}
