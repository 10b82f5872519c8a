/**
 * The marker of a stopped fleet. It is set before the cleanup: if the keeper is killed during the cleanup, its
 * successor finishes it instead of finding no state and starting everything.
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

/** Creates the marker as a symbolic link, which needs no space on a full disk. */
export function markStopped(folder: string): void {
  try {
    symlinkSync('.', markOf(folder));
  } catch {
    // The marker exists, or the disk accepts no change: the successor of a keeper killed now starts the fleet again.
  }
}

export const isStopped = (folder: string): boolean => lstatSync(markOf(folder), {throwIfNoEntry: false}) !== undefined;

/** Removes the marker for a new `up`. Unproven ends of a fleet that was not stopped stay on record. */
export function forgetStopped(folder: string): void {
  if (isStopped(folder)) rmSync(leftPath(folder), {force: true});
  rmSync(markOf(folder), {force: true});
}

/** Removes the files and cgroups of a stopped fleet. */
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
    // Not left to the controller: a controller restarted before the keeper exits must find the old state.
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
      // The folder is gone, or its disk accepts no change. Nothing runs any more, so the keeper exits anyway.
      const why = messageOf(error);
      writeError(`brood keeper: can't clean up after the stopped fleet in ${folder}: ${why}\n`);
    }
  }
}
