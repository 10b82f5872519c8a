/** What changes below a watched path and says nothing of the program. */
import {basename, isAbsolute, relative, resolve, sep} from 'node:path';
import {globMatcher} from './glob.ts';

/** Folders of version control, packages and caches: Python writes its caches beside what it has just been started from. */
const FOLDERS: ReadonlySet<string> = new Set([
  '.git',
  '.hg',
  '.svn',
  'node_modules',
  '__pycache__',
  '.pytest_cache',
  '.mypy_cache',
  '.nyc_output',
]);

/** Backups, locks and half-written files of vim (4913 is its trial), Emacs, Kate, Sublime, gedit and JetBrains, and of the Finder. */
const LEFT_BY_EDITORS =
  /^4913$|~$|^\..*\.(sw[a-z]|kate-swp)$|^\.?#|\.subl\w*\.tmp$|^\.goutputstream-|___jb_(tmp|old)___$|\.pyc$|^\.DS_Store$/;

const isInsignificantName = (name: string): boolean => FOLDERS.has(name) || LEFT_BY_EDITORS.test(name);

/** Whether `path` is `folder` or lies in it. */
export const isInside = (path: string, folder: string): boolean => {
  const way = relative(folder, path);
  return way === '' || (way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way));
};

type Names = (path: string, below: readonly string[]) => boolean;

/** A name is looked for at any depth, a path from the fleet file's folder on; what is in a folder that is meant is meant too. */
function meantBy(pattern: string, dir: string): Names {
  let bare = pattern;
  while (bare.endsWith('/')) bare = bare.slice(0, -1);
  if (!bare.includes('/')) {
    const isName = globMatcher(bare, false);
    return (_path, below) => below.some(isName);
  }
  return globMatcher(resolve(dir, bare), true);
}

/**
 * Whether a path below `root` does not count.
 *
 * @param patterns of the fleet file, see `watch_ignore`
 * @param dir the fleet file's folder
 * @param home where the state and logs of fleets lie: what is written there follows from what they do
 */
export function insignificant(
  root: string,
  {patterns, dir, home}: {readonly patterns: readonly string[]; readonly dir: string; readonly home: string},
): (path: string) => boolean {
  const named = patterns.map(pattern => meantBy(pattern, dir));
  // Who names a path in there wants just that.
  const isHomeMeant = isInside(root, home);
  return path => {
    if (path === root) return false;
    if (!isHomeMeant && isInside(path, home)) return true;
    const way = relative(root, path);
    const below = way === '' ? [basename(path)] : way.split(sep);
    return below.some(isInsignificantName) || named.some(isMeant => isMeant(path, below));
  };
}
