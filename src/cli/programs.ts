/**
 * The programs that a supervisor is made of. `up` and `upgrade` copy them into the fleet's folder, as
 * `code/HASH/`, and run them from there: an update of the package never pulls files from under a living supervisor.
 */
import {existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync} from 'node:fs';
import {createRequire} from 'node:module';
import {dirname, join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {inFolder} from '../control/folder.ts';
import {makeCopy, nameOfCopy, putCopy, type CopyFile} from '../home/copy.ts';

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

/** Files of a package below `path`, without a look into packages within it. */
function filesBelow(path: string, isWanted: (name: string) => boolean): string[] {
  return readdirSync(path, {withFileTypes: true}).flatMap(entry => {
    const inner = join(path, entry.name);
    if (entry.isDirectory()) return entry.name === 'node_modules' ? [] : filesBelow(inner, isWanted);
    return isWanted(entry.name) ? [inner] : [];
  });
}

/**
 * The files of the library that Node loads. The packages are asked for their names, which takes a tenth of the time of
 * loading them; where the binary comes from no package of its own, it is loaded after all.
 */
function filesOfLibrary(require: NodeJS.Require): string[] {
  const entry = require.resolve(LIBRARY);
  const own = packageOf(entry);
  try {
    const machine = packageOf(createRequire(entry).resolve(`@koromix/koffi-${process.platform}-${process.arch}`));
    if (own !== null && machine !== null) {
      const scripts = filesBelow(own, name => name === 'index.cjs' || name === 'static.cjs');
      const binaries = filesBelow(machine, name => name === 'index.js' || name.endsWith('.node'));
      return [join(own, 'package.json'), ...scripts, join(machine, 'package.json'), ...binaries];
    }
  } catch {
    // It was built from its sources, or is arranged in another way.
  }
  require(LIBRARY);
  const files = new Set<string>();
  for (const path of Object.keys(require.cache)) {
    const folder = packageOf(path);
    if (folder !== null) files.add(path).add(join(folder, 'package.json'));
  }
  return [...files];
}

/** All that a copy has, and where it is installed. */
function filesOfInstallation(installed: string): CopyFile[] {
  const require = createRequire(join(installed, 'keeper.cjs'));
  return [
    ...PROGRAMS.map(name => ({name, path: join(installed, name)})),
    ...filesOfLibrary(require).map(path => ({name: path.slice(path.lastIndexOf('/node_modules/') + 1), path})),
  ];
}

/** One that can't be loaded from there would never start. */
const mustLoad = (made: string): void => void createRequire(join(made, 'keeper.cjs'))(LIBRARY);

function readText(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}

/**
 * Notes beside a copy where its files were installed, as lines of `NAME TAB PATH`: a keeper that finds one damaged
 * copies it again from there, if the bytes are still the same.
 */
function noteSource(folder: string, files: readonly CopyFile[]): void {
  const path = `${folder}.from`;
  const text = files.map(({name, path: from}) => `${name}\t${from}\n`).join('');
  const made = `${path}.${process.pid}`;
  try {
    if (readText(path) === text) return;
    rmSync(made, {force: true});
    writeFileSync(made, text, {mode: 0o600, flag: 'wx'});
    renameSync(made, path);
  } catch {
    rmSync(made, {force: true}); // a full disk: then what the keeper holds open is all there is
  }
}

/**
 * Copies the installed programs into a fleet's folder, and mends a copy that is there and differs. Where that can't be
 * (no room, a file system that runs no programs) the installed ones are the answer, and why.
 */
export function copyPrograms(fleetFolder: string): Programs {
  const installed = installedPrograms();
  try {
    const files = filesOfInstallation(installed);
    const hash = nameOfCopy(files);
    const root = inFolder.code(fleetFolder);
    const folder = join(root, hash);
    if (lstatSync(folder, {throwIfNoEntry: false})?.isDirectory()) {
      // Compared and not hashed again: that takes half of the time.
      if (putCopy(folder, files).length > 0) mustLoad(folder);
    } else {
      mkdirSync(root, {recursive: true, mode: 0o700});
      rmSync(folder, {force: true});
      makeCopy(folder, files, mustLoad);
    }
    noteSource(folder, files);
    return {folder, hash, why: null};
  } catch (error) {
    return {folder: installed, hash: null, why: error instanceof Error ? error.message : String(error)};
  }
}
