/** What lies along a path, as lstat(2) tells it. */
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

/** As many as the kernel follows in one path (path_resolution(7)). */
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

/** What lies at a path, without following a link there; null: nothing. */
export function placeAt(path: string): Place | null {
  const stats = lstatSync(path, {throwIfNoEntry: false});
  return stats === undefined ? null : placeOf(path, stats);
}

/** What one step of a walk has found; `target`: where a link leads. */
type Found = {readonly place: Place; readonly target: string | null} | null;

/**
 * Every folder and link that the kernel passes on the way to `path`, which is absolute: what a link leads to as well.
 * Ends early where something is missing. Yields each path that is to be looked at, and is given what lies there.
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

/** Every folder and link on the way to a path. */
export function placesTo(path: string): Place[] {
  const walking = walk(path);
  for (let step = walking.next(); ;) {
    if (step.done) return step.value;
    const place = placeAt(step.value);
    step = walking.next(place && {place, target: place.kind === 'link' ? readlinkSync(place.path) : null});
  }
}

/** The same on a thread: a file system on the way may not answer. */
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
