/**
 * The programs of a supervisor. `up` and `upgrade` copy them into the fleet's folder, as `code/HASH/`, and run them
 * from there, so that an update of the package never removes files of a living supervisor.
 */
import {messageOf} from '../../base/errors.ts';
import {existsSync} from 'node:fs';
import {createRequire} from 'node:module';
import {dirname, join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {inFolder} from '../../control/folder.ts';
import {copyInstalled, LIBRARY} from '../../home/installed.ts';

export interface Programs {
  /** The folder of `anchor.cjs`, `keeper.cjs` and `controller.cjs`. */
  readonly folder: string;
  /** The name of the copy; null if the programs run from the installation. */
  readonly hash: string | null;
  /** The reason if there is no copy. */
  readonly why: string | null;
}

/**
 * Returns the folder of the built programs: that of this file, or the one above for a part that is loaded on demand.
 */
export function installedPrograms(): string {
  const here = dirname(fileURLToPath(import.meta.url));
  return [here, dirname(here)].find(folder => existsSync(join(folder, 'keeper.cjs'))) ?? here;
}

/** Throws if the library can't be loaded from the copy: such a copy would never start. */
const mustLoad = (made: string): void => void createRequire(join(made, 'keeper.cjs'))(LIBRARY);

/**
 * Copies the installed programs into a fleet's folder, and repairs an existing copy that differs. If that fails (no
 * room, a file system that runs no programs), returns the installed ones and the reason.
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
