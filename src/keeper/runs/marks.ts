/**
 * The state of each record's file when this keeper last wrote or read it: lstat(2) of the path shows whether another
 * process has changed the record since, without reading it.
 */
import {fstatSync, lstatSync, type BigIntStats} from 'node:fs';

const markOf = ({dev, ino, size, mtimeNs}: BigIntStats): string => [dev, ino, size, mtimeNs].join();

// By path, and one map per process: the writers of a record share nothing else with the code that watches it.
const marks = new Map<string, string>();

/** Notes the record's current state as the one that this keeper has written or read. */
export const noteRecord = (path: string, fd: number): void =>
  void marks.set(path, markOf(fstatSync(fd, {bigint: true})));

/** Forgets a record that is to be removed. */
export const forgetRecord = (path: string): void => void marks.delete(path);

/**
 * Returns whether an open record is unchanged since it was noted; a record that has just begun is empty and has no
 * note.
 */
export function isAsNoted(path: string, fd: number): boolean {
  const stats = fstatSync(fd, {bigint: true});
  const mark = marks.get(path);
  return mark === undefined ? stats.size === 0n : mark === markOf(stats);
}

/** Compares the file at a record's path with the noted state. */
export function lookAtRecord(path: string): 'same' | 'gone' | 'changed' {
  const stats = lstatSync(path, {bigint: true, throwIfNoEntry: false});
  if (stats === undefined) return 'gone';
  return marks.get(path) === markOf(stats) ? 'same' : 'changed';
}
