/**
 * Examines a watched path, off the main thread, and never on a file system that may not answer: inotify_add_watch(2)
 * waits for it, and the kernel reports no changes that others make there.
 */
import {access, realpath, stat} from 'node:fs/promises';
import {dirname, join, relative} from 'node:path';
import {isInside} from './insignificant.ts';
import {unwatchableBy, WAITING_UNWATCHED, watchAccess} from '../../fleet/index.ts';
import {mayWait, waitingPlaces} from '../../process/waiting-mounts.ts';

export interface RootFound {
  /** Identity of what is to be watched; null if nothing exists there, or if it must not be touched. */
  readonly identity: string | null;
  /** What is wrong with the path, in words that follow it. */
  readonly trouble: string | null;
}

export async function lookAtRoot(root: string, isIgnored: (path: string) => boolean): Promise<RootFound> {
  if (mayWait(root)) return {identity: null, trouble: `is ${WAITING_UNWATCHED}`};
  try {
    // An inode number is reused as soon as it is free.
    const found = await stat(root, {bigint: true});
    const inside = await waitingInside(root, isIgnored);
    if (inside !== null) return {identity: null, trouble: `contains ${inside}, ${WAITING_UNWATCHED}`};
    return {
      identity: `${found.dev} ${found.ino} ${found.birthtimeNs}`,
      trouble: await access(root, watchAccess(found.isDirectory())).then(() => null, unwatchableBy),
    };
  } catch (error) {
    return {identity: null, trouble: unwatchableBy(error)};
  }
}

/** Returns such a file system in the tree, unless its parent is ignored: an entry is accessed before it is tested. */
async function waitingInside(root: string, isIgnored: (path: string) => boolean): Promise<string | null> {
  const places = waitingPlaces();
  if (places.size === 0) return null;
  const real = await realpath(root);
  const met = (place: string): boolean =>
    isInside(place, real) && !isIgnored(dirname(join(root, relative(real, place))));
  return [...places].find(met) ?? null;
}
