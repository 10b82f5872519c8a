/** Open files by what they are, and not by what they are called: names differ between mount namespaces. */
import type {OpenFile} from './snapshot.ts';
import type {End} from './types.ts';

export const endOf = ({pid, fd, mode}: OpenFile): End => ({pid, fd, mode});

/** `fe:00:4711`, as `/proc/locks` writes it. */
export const fileId = ({device, inode}: {readonly device: string; readonly inode: number}): string =>
  `${device}:${inode}`;

/** Groups by a key; no group is empty. */
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
