/**
 * The programs that a supervisor is made of. `up` and `upgrade` copy them into the fleet's folder, as
 * `code/HASH/`, and run them from there: an update of the package never pulls files from under a living supervisor.
 */
import {messageOf} from '../../base/errors.ts';
import {existsSync} from 'node:fs';
import {createRequire} from 'node:module';
import {dirname, join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {inFolder} from '../../control/folder.ts';
import {copyInstalled, LIBRARY} from '../../home/installed.ts';

export interface Programs {
  /** Where `anchor.cjs`, `keeper.cjs` and `controller.cjs` lie. */
  readonly folder: string;
  /** Names the copy; null: they are run from where they are installed. */
  readonly hash: string | null;
  /** Why there is no copy. */
  readonly why: string | null;
}

/** The folder of the built programs: this file's own, or for a part that is loaded when needed the one above. */
export function installedPrograms(): string {
  const here = dirname(fileURLToPath(import.meta.url));
  return [here, dirname(here)].find(folder => existsSync(join(folder, 'keeper.cjs'))) ?? here;
}

/** One that can't be loaded from there would never start. */
const mustLoad = (made: string): void => void createRequire(join(made, 'keeper.cjs'))(LIBRARY);

/**
 * Copies the installed programs into a fleet's folder, and mends a copy that is there and differs. Where that can't be
 * (no room, a file system that runs no programs) the installed ones are the answer, and why.
 */
export function copyPrograms(fleetFolder: string): Programs {
  const installed = installedPrograms();
  try {
    const root = inFolder.code(fleetFolder);
    const hash = copyInstalled(root, installed, mustLoad, {sync: true});
    return {folder: join(root, hash), hash, why: null};
  } catch (error) {
    return {folder: installed, hash: null, why: messageOf(error)};
  }
}
