/** The entries along a path, as lstat(2) reports them. */
import {hasCode} from '../base/errors.ts';
import {lstatSync, readlinkSync, type Stats} from 'node:fs';
import {lstat, readlink} from 'node:fs/promises';
import {dirname, isAbsolute, join} from 'node:path';

export type Kind = 'folder' | 'link' | 'file' | 'other';

export interface Place {
  readonly path: string;
  readonly kind: Kind;
  readonly uid: number;
  readonly gid: number;
  /** Permission bits with set-id and sticky bits. */
  readonly mode: number;
}

/** The limit of the kernel for one path (path_resolution(7)). */
const MOST_LINKS = 40;

function kindOf(stats: Stats): Kind {
  if (stats.isDirectory()) return 'folder';
  if (stats.isSymbolicLink()) return 'link';
  return stats.isFile() ? 'file' : 'other';
}

const placeOf = (path: string, stats: Stats): Place => {
  const {uid, gid, mode} = stats;
  return {path, kind: kindOf(stats), uid, gid, mode: mode & 0o7777};
};

/** Returns the entry at a path, without following a link there, or null if there is none. */
export function placeAt(path: string): Place | null {
  const stats = lstatSync(path, {throwIfNoEntry: false});
  return stats === undefined ? null : placeOf(path, stats);
}

/** The result of one step of a walk. `target`: where a link leads. */
type Found = {readonly place: Place; readonly target: string | null} | null;

/**
 * Walks every folder and link that the kernel passes on the way to `path`, which is absolute, including the targets of
 * links. Ends early if an entry is missing. Yields each path to examine, and receives the entry there.
 */
function* walk(path: string): Generator<string, Place[], Found> {
  const partsOf = (text: string): string[] => text.split('/').filter(name => name !== '' && name !== '.');
  const rest = partsOf(path);
  let at = '/';
  let links = 0;
  const root = yield at;
  const places = root === null ? [] : [root.place];
  for (let name = rest.shift(); name !== undefined; name = rest.shift()) {
    if (name === '..') {
      at = dirname(at);
      continue;
    }
    const next = join(at, name);
    const found = yield next;
    if (found === null) break;
    places.push(found.place);
    if (found.target === null) {
      at = next;
      continue;
    }
    if (++links > MOST_LINKS) throw new Error(`too many symbolic links in ${path}`);
    if (isAbsolute(found.target)) at = '/';
    rest.unshift(...partsOf(found.target));
  }
  return places;
}

/** Returns every folder and link on the way to a path. */
export function placesTo(path: string): Place[] {
  const walking = walk(path);
  for (let step = walking.next(); ;) {
    if (step.done) return step.value;
    const place = placeAt(step.value);
    step = walking.next(place && {place, target: place.kind === 'link' ? readlinkSync(place.path) : null});
  }
}

/** Does the same on a thread: a file system on the way may not respond. */
export async function placesToOnThread(path: string): Promise<Place[]> {
  const walking = walk(path);
  for (let step = walking.next(); ;) {
    if (step.done) return step.value;
    step = walking.next(await foundAt(step.value));
  }
}

async function foundAt(path: string): Promise<Found> {
  try {
    const place = placeOf(path, await lstat(path));
    return {place, target: place.kind === 'link' ? await readlink(path) : null};
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ENOTDIR')) return null;
    throw error;
  }
}
