/** What lies along a path, as lstat(2) tells it. */
import {lstatSync, readlinkSync, type Stats} from 'node:fs';
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

/** What lies at a path, without following a link there; null: nothing. */
export function placeAt(path: string): Place | null {
  const stats = lstatSync(path, {throwIfNoEntry: false});
  if (stats === undefined) return null;
  const {uid, gid, mode} = stats;
  return {path, kind: kindOf(stats), uid, gid, mode: mode & 0o7777};
}

/**
 * Every folder and link that the kernel passes on the way to `path`, which is absolute: what a link leads to as well.
 * Ends early where something is missing.
 */
export function placesTo(path: string): Place[] {
  const rest = path.split('/').filter(name => name !== '' && name !== '.');
  let at = '/';
  let links = 0;
  const found = [placeAt(at)];
  for (let name = rest.shift(); name !== undefined; name = rest.shift()) {
    if (name === '..') {
      at = dirname(at);
      continue;
    }
    const next = join(at, name);
    const place = placeAt(next);
    found.push(place);
    if (place === null) break;
    if (place.kind !== 'link') {
      at = next;
      continue;
    }
    if (++links > MOST_LINKS) throw new Error(`too many symbolic links in ${path}`);
    const target = readlinkSync(next);
    if (isAbsolute(target)) at = '/';
    rest.unshift(...target.split('/').filter(part => part !== '' && part !== '.'));
  }
  return found.filter(place => place !== null);
}
