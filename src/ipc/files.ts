/** Open files, identified by device and inode and not by name: names differ between mount namespaces. */
import type {OpenFile} from './snapshot.ts';
import type {End} from './types.ts';

export const endOf = ({pid, fd, mode}: OpenFile): End => ({pid, fd, mode});

/** Returns device and inode as in `/proc/locks`: `fe:00:4711`. */
export const fileId = ({device, inode}: {readonly device: string; readonly inode: number}): string =>
  `${device}:${inode}`;

/** Groups items by a key. No group is empty. */
export function groupBy<T>(items: Iterable<T>, keyOf: (item: T) => string): Map<string, [T, ...T[]]> {
  const groups = new Map<string, [T, ...T[]]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group) group.push(item);
    else groups.set(key, [item]);
  }
  return groups;
}

export const byFile = (files: Iterable<OpenFile>): Map<string, [OpenFile, ...OpenFile[]]> => groupBy(files, fileId);

const DELETED = ' (deleted)';

export const isDeleted = (path: string): boolean => path.endsWith(DELETED);
export const withoutDeleted = (path: string): string => (isDeleted(path) ? path.slice(0, -DELETED.length) : path);
