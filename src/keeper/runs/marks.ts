/**
 * What each record looked like when this keeper last wrote or read it: a look at its path tells whether anybody else has
 * changed it since, without reading it.
 */
import {fstatSync, lstatSync, type BigIntStats} from 'node:fs';

const markOf = ({dev, ino, size, mtimeNs}: BigIntStats): string => [dev, ino, size, mtimeNs].join();

// By path, and one for this process: who writes a record has nothing else in common with who looks after it.
const marks = new Map<string, string>();

/** It is what this keeper has made of it. */
export const noteRecord = (path: string, fd: number): void =>
  void marks.set(path, markOf(fstatSync(fd, {bigint: true})));

/** It is gone, and is to be. */
export const forgetRecord = (path: string): void => void marks.delete(path);

/** Whether what is open is still what this keeper has made of it; of a record that has just begun nothing is noted. */
export function isAsNoted(path: string, fd: number): boolean {
  const stats = fstatSync(fd, {bigint: true});
  const mark = marks.get(path);
  return mark === undefined ? stats.size === 0n : mark === markOf(stats);
}

/** What lies at the path of a record: what this keeper has made of it, nothing, or something else. */
export function lookAtRecord(path: string): 'same' | 'gone' | 'changed' {
  const stats = lstatSync(path, {bigint: true, throwIfNoEntry: false});
  if (stats === undefined) return 'gone';
  return marks.get(path) === markOf(stats) ? 'same' : 'changed';
}
