/** The programs as they are installed, and a copy of them in a fleet's folder: `code/HASH/`. */
import {lstatSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync} from 'node:fs';
import {createRequire} from 'node:module';
import {join} from 'node:path';
import {makeCopy, nameOfCopy, putCopy, type CopyFile, type PutOptions} from './copy.ts';

/** What they need beside themselves: it has a binary, which can't be built into them. */
export const LIBRARY = 'koffi';
const PROGRAMS = ['anchor.cjs', 'keeper.cjs', 'controller.cjs'] as const;

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
 * Copies the programs that are installed in a folder to one of those in `root`, and mends a copy that is there and differs.
 * Answers its name. Throws what the file system refuses, and what `mustWork` finds against a copy that was changed.
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
    // Compared and not hashed again: that takes half of the time.
    if (putCopy(folder, files, options).length > 0) mustWork(folder);
  } else {
    mkdirSync(root, {recursive: true, mode: 0o700});
    rmSync(folder, {force: true});
    makeCopy(folder, files, mustWork, options);
  }
  noteSource(folder, files);
  return name;
}
