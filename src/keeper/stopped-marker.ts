/**
 * The mark that the whole fleet has been stopped. It is set before anything is cleaned up, so a keeper that is killed
 * in the middle of that is followed by one that finishes it, and not by one that finds no state and starts everything.
 */
import {messageOf} from '../base/errors.ts';
import {lstatSync, rmSync, symlinkSync} from 'node:fs';
import {basename, join} from 'node:path';
import {removeTraces} from './runs/recovery.ts';
import {Cgroups} from './cgroup/cgroup.ts';
import {leftPath} from './folder/last-word.ts';
import {removeLeftovers} from './files/leftovers.ts';
import {removeOtherNotify} from './runs/notify-socket.ts';
import {orphanagePath} from './lineage/orphanage.ts';
import {removePipes} from './inherited/pipe-files.ts';
import {readRecords, removeTornRewrites} from './runs/record.ts';
import {writeError} from '../posix/standard-error.ts';

const markOf = (folder: string): string => join(folder, 'stopped');

/** A link and no file: it needs no room on a full disk. */
export function markStopped(folder: string): void {
  try {
    symlinkSync('.', markOf(folder));
  } catch {
    // It is there, or the disk takes no change at all: then a keeper that is killed just now starts the fleet again.
  }
}

export const isStopped = (folder: string): boolean => lstatSync(markOf(folder), {throwIfNoEntry: false}) !== undefined;

/** Another `up` has begun. What a fleet that was not stopped could not prove holds still. */
export function forgetStopped(folder: string): void {
  if (isStopped(folder)) rmSync(leftPath(folder), {force: true});
  rmSync(markOf(folder), {force: true});
}

/** Does what a keeper has to do at last that has stopped everything. */
export function cleanUpStopped(folder: string): void {
  const runs = join(folder, 'runs');
  const steps = [
    () => {
      for (const {token, intent} of readRecords(runs)) removeTraces(runs, token, intent);
    },
    () => removeTornRewrites(runs),
    () => removeLeftovers(folder),
    () => removeOtherNotify(folder, new Set()),
    () => removePipes(folder),
    () => rmSync(orphanagePath(folder), {force: true}),
    // Here and not by the controller: one that is started again before the keeper has left must find what was so.
    () => {
      for (const half of [0, 1]) rmSync(join(folder, `snapshot.${half}`), {force: true});
    },
    () => {
      const cgroups = Cgroups.open(basename(folder), {strangerAmong: pids => pids[0]});
      if (cgroups instanceof Cgroups) cgroups.close();
    },
  ];
  for (const step of steps) {
    try {
      step();
    } catch (error) {
      // The folder is gone, or its disk takes no change: nothing runs any more, so the keeper leaves all the same.
      const why = messageOf(error);
      writeError(`brood keeper: something of the stopped fleet stays in ${folder}: ${why}\n`);
    }
  }
}
