/** Files that were to get the name of another one, of whoever died before they had it. */
import {readdirSync, rmSync} from 'node:fs';
import {join} from 'node:path';
import {startTimeOf} from '../../process/stat.ts';

/** Each bears the pid of whoever makes it. */
const MADE = /^(?:lock\.|\.?fleet\.json\.|orphanage\.json\.|\.splice-)(\d{1,10})$/;

/** What an `up` asks for, until its keeper takes it. */
const PLAN = /^fleet\.[0-9a-f]{16}\.json$/;

/** Removes what the `up`s asked for that were killed, or are refused: the fleet is another one's. */
export function removeOtherPlans(folder: string): void {
  try {
    for (const name of readdirSync(folder)) if (PLAN.test(name)) rmSync(join(folder, name), {force: true});
  } catch {
    // They are in nobody's way.
  }
}

/** Removes those in the fleet's folder whose maker is dead. */
export function removeLeftovers(folder: string): void {
  try {
    for (const name of readdirSync(folder)) {
      const maker = MADE.exec(name)?.[1];
      if (maker === undefined || startTimeOf(Number(maker)) !== null) continue;
      rmSync(join(folder, name), {recursive: true, force: true});
    }
  } catch {
    // They are in nobody's way; the next keeper tries again.
  }
}
