/** Temporary files whose makers died before renaming them. */
import {readdirSync, rmSync} from 'node:fs';
import {join} from 'node:path';
import {startTimeOf} from '../../process/stat.ts';

/** Each name ends with the pid of the file's maker. */
const MADE = /^(?:lock\.|\.?fleet\.json\.|orphanage\.json\.|\.splice-)(\d{1,10})$/;

/** The plan of an `up`, until its keeper takes it. */
const PLAN = /^fleet\.[0-9a-f]{16}\.json$/;

/** Removes the plans of `up`s that were killed or are refused: the fleet belongs to another `up`. */
export function removeOtherPlans(folder: string): void {
  try {
    for (const name of readdirSync(folder)) if (PLAN.test(name)) rmSync(join(folder, name), {force: true});
  } catch {
    // Leftover plans are harmless.
  }
}

/** Removes temporary files in the fleet's folder whose makers are dead. */
export function removeLeftovers(folder: string): void {
  try {
    for (const name of readdirSync(folder)) {
      const maker = MADE.exec(name)?.[1];
      if (maker === undefined || startTimeOf(Number(maker)) !== null) continue;
      rmSync(join(folder, name), {recursive: true, force: true});
    }
  } catch {
    // Leftovers are harmless; the next keeper tries again.
  }
}
