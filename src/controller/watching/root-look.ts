/**
 * A look at a watched path, off the main thread, and never into a file system that may not answer: the kernel is told there what to
 * watch by a call that waits for it (inotify_add_watch(2)), and it tells nothing of what others change there.
 */
import {access, realpath, stat} from 'node:fs/promises';
import {dirname, join, relative} from 'node:path';
import {isInside} from './insignificant.ts';
import {unwatchableBy, WAITING_UNWATCHED, watchAccess} from '../../fleet/index.ts';
import {mayWait, waitingPlaces} from '../../process/waiting-mounts.ts';

export interface RootFound {
  /** Of what is to be watched; null: there is nothing, or it is not to be touched. */
  readonly identity: string | null;
  /** What is wrong with it, in words that follow the path. */
  readonly trouble: string | null;
}

export async function lookAtRoot(root: string, isIgnored: (path: string) => boolean): Promise<RootFound> {
  if (mayWait(root)) return {identity: null, trouble: `is ${WAITING_UNWATCHED}`};
  try {
    // A number is given away again as soon as it is free.
    const found = await stat(root, {bigint: true});
    const inside = await waitingInside(root, isIgnored);
    if (inside !== null) return {identity: null, trouble: `holds ${inside}, ${WAITING_UNWATCHED}`};
    return {
      identity: `${found.dev} ${found.ino} ${found.birthtimeNs}`,
      trouble: await access(root, watchAccess(found.isDirectory())).then(() => null, unwatchableBy),
    };
  } catch (error) {
    return {identity: null, trouble: unwatchableBy(error)};
  }
}

/** Such a file system within what is gone through. Its folder is looked at before it is asked whether that is ignored. */
async function waitingInside(root: string, isIgnored: (path: string) => boolean): Promise<string | null> {
  const places = waitingPlaces();
  if (places.size === 0) return null;
  const real = await realpath(root);
  const met = (place: string): boolean =>
    isInside(place, real) && !isIgnored(dirname(join(root, relative(real, place))));
  return [...places].find(met) ?? null;
}
