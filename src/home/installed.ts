/** The installed programs, and a copy of them in a fleet's folder: `code/HASH/`. */
import {lstatSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync} from 'node:fs';
import {createRequire} from 'node:module';
import {join} from 'node:path';
import {makeCopy, nameOfCopy, putCopy, type CopyFile, type PutOptions} from './copy.ts';

/** The library that the programs need beside themselves: it has a binary, which can't be built into them. */
export const LIBRARY = 'koffi';
const PROGRAMS = ['anchor.cjs', 'keeper.cjs', 'controller.cjs'] as const;

/** Returns the folder of the package of one of koffi's files. The binary is in a package for each machine. */
const packageOf = (path: string): string | null =>
  /^.*\/node_modules\/(?:@koromix\/)?koffi[^/]*(?=\/)/.exec(path)?.[0] ?? null;

/** Returns the wanted files of a package below `path`, without those of nested packages. */
function filesBelow(path: string, isWanted: (name: string) => boolean): string[] {
  return readdirSync(path, {withFileTypes: true}).flatMap(entry => {
    const inner = join(path, entry.name);
    if (entry.isDirectory()) return entry.name === 'node_modules' ? [] : filesBelow(inner, isWanted);
    return isWanted(entry.name) ? [inner] : [];
  });
}

/**
 * Returns the files of the library that Node loads. Resolving the names of the packages takes a tenth of the time of
 * loading them; the library is loaded only if the binary has no package of its own.
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
    // The library was built from its sources, or is laid out in another way.
  }
  require(LIBRARY);
  const files = new Set<string>();
  for (const path of Object.keys(require.cache)) {
    const folder = packageOf(path);
    if (folder !== null) files.add(path).add(join(folder, 'package.json'));
  }
  return [...files];
}

/** Returns all files of a copy, and where they are installed. */
function filesOfInstallation(installed: string): CopyFile[] {
  const require = createRequire(join(installed, 'keeper.cjs'));
  return [
    ...PROGRAMS.map(name => ({name, path: join(installed, name)})),
    ...filesOfLibrary(require).map(path => ({name: path.slice(path.lastIndexOf('/node_modules/') + 1), path})),
  ];
}

function readText(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}

/**
 * Records beside a copy where its files were installed, as lines of `NAME TAB PATH`: a keeper that finds one damaged
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
    rmSync(made, {force: true}); // a full disk: the keeper's open files are the only source then
  }
}

/**
 * Copies the programs that are installed in a folder to a folder in `root`, and repairs an existing copy that differs.
 * Returns the name of the copy. Throws file system errors, and those of `mustWork`, which checks a new or repaired
 * copy.
 */
export function copyInstalled(
  root: string,
  installed: string,
  mustWork: (made: string) => void,
  options: PutOptions,
): string {
  const files = filesOfInstallation(installed);
  const name = nameOfCopy(files);
  const folder = join(root, name);
  if (lstatSync(folder, {throwIfNoEntry: false})?.isDirectory()) {
    // Comparing takes half of the time of hashing again.
    if (putCopy(folder, files, options).length > 0) mustWork(folder);
  } else {
    mkdirSync(root, {recursive: true, mode: 0o700});
    rmSync(folder, {force: true});
    makeCopy(folder, files, mustWork, options);
  }
  noteSource(folder, files);
  return name;
}
