/**
 * The programs that a supervisor is made of. `up` and `upgrade` copy them into the fleet's folder, as
 * `code/HASH/`, and run them from there: an update of the package never pulls files from under a living supervisor.
 */
import {createHash, randomBytes} from 'node:crypto';
import {existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync} from 'node:fs';
import {createRequire} from 'node:module';
import {dirname, join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {inFolder} from '../control/folder.ts';

/** What they need beside themselves: it has a binary, which can't be built into them. */
const LIBRARY = 'koffi';
const PROGRAMS = ['anchor.cjs', 'keeper.cjs', 'controller.cjs'] as const;

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

/** The folder of the package that a file of koffi's belongs to: the library itself lies in one for each machine. */
const packageOf = (path: string): string | null =>
  /^.*\/node_modules\/(?:@koromix\/)?koffi[^/]*(?=\/)/.exec(path)?.[0] ?? null;

/** Every file that Node has loaded for the library, and its packages' manifests. */
function filesOfLibrary(require: NodeJS.Require): string[] {
  require(LIBRARY);
  const files = new Set<string>();
  for (const path of Object.keys(require.cache)) {
    const folder = packageOf(path);
    if (folder !== null) files.add(path).add(join(folder, 'package.json'));
  }
  return [...files];
}

/** As all of them are: their bytes, the library's version, and the machine's kind. */
function hashOf(installed: string, require: NodeJS.Require): string {
  const manifest = join(packageOf(require.resolve(LIBRARY)) ?? '', 'package.json');
  const hash = createHash('sha256').update(process.arch).update(readFileSync(manifest));
  for (const name of PROGRAMS) hash.update(readFileSync(join(installed, name)));
  return hash.digest('hex').slice(0, 16);
}

/**
 * Copies the installed programs into a fleet's folder, unless they are there. Where that can't be (no room, a file
 * system that runs no programs) the installed ones are the answer, and why.
 */
export function copyPrograms(fleetFolder: string): Programs {
  const installed = installedPrograms();
  const made = join(inFolder.code(fleetFolder), `.${randomBytes(6).toString('hex')}`);
  try {
    const require = createRequire(join(installed, 'keeper.cjs'));
    const hash = hashOf(installed, require);
    const folder = join(inFolder.code(fleetFolder), hash);
    if (!existsSync(join(folder, 'keeper.cjs'))) {
      copyTo(made, installed, require);
      // One that can't be loaded from here would never start.
      createRequire(join(made, 'keeper.cjs'))(LIBRARY);
      rename(made, folder);
    }
    return {folder, hash, why: null};
  } catch (error) {
    return {folder: installed, hash: null, why: error instanceof Error ? error.message : String(error)};
  } finally {
    rmSync(made, {recursive: true, force: true});
  }
}

function copyTo(made: string, installed: string, require: NodeJS.Require): void {
  for (const name of PROGRAMS) copy(join(installed, name), join(made, name));
  for (const path of filesOfLibrary(require)) {
    copy(path, join(made, path.slice(path.lastIndexOf('/node_modules/'))));
  }
}

function copy(from: string, to: string): void {
  mkdirSync(dirname(to), {recursive: true, mode: 0o700});
  writeFileSync(to, readFileSync(from), {mode: 0o600});
}

function rename(made: string, folder: string): void {
  try {
    renameSync(made, folder);
  } catch (error) {
    // Another `up` at the same instant has made the same.
    if (!existsSync(join(folder, 'keeper.cjs'))) throw error;
  }
}
