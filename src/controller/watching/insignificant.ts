/** Changes below a watched path that do not concern the program. */
import {basename, isAbsolute, relative, resolve, sep} from 'node:path';
import {globMatcher} from './glob.ts';

/** Folders of version control, packages and caches: Python writes caches beside the program that it has started. */
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

/** Backups, locks and partial files of vim (4913 is its trial), Emacs, Kate, Sublime, gedit, JetBrains and Finder. */
const LEFT_BY_EDITORS =
  /^4913$|~$|^\..*\.(sw[a-z]|kate-swp)$|^\.?#|\.subl\w*\.tmp$|^\.goutputstream-|___jb_(tmp|old)___$|\.pyc$|^\.DS_Store$/;

const isInsignificantName = (name: string): boolean => FOLDERS.has(name) || LEFT_BY_EDITORS.test(name);

/** Whether `path` is `folder` or lies in it. */
export const isInside = (path: string, folder: string): boolean => {
  const way = relative(folder, path);
  return way === '' || (way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way));
};

type Names = (path: string, below: readonly string[]) => boolean;

/**
 * A bare name matches at any depth, a path from the fleet file's folder on; what is in a matching folder matches, too.
 */
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
 * Returns a test for paths below `root` that do not count.
 *
 * @param patterns of the fleet file, see `watch_ignore`
 * @param dir the fleet file's folder
 * @param home the folder of the fleets' state and logs: changes there result from what the fleets do
 */
export function insignificant(
  root: string,
  {patterns, dir, home}: {readonly patterns: readonly string[]; readonly dir: string; readonly home: string},
): (path: string) => boolean {
  const named = patterns.map(pattern => meantBy(pattern, dir));
  // A root in `home` is watched on purpose.
  const isHomeMeant = isInside(root, home);
  return path => {
    if (path === root) return false;
    if (!isHomeMeant && isInside(path, home)) return true;
    const way = relative(root, path);
    const below = way === '' ? [basename(path)] : way.split(sep);
    return below.some(isInsignificantName) || named.some(isMeant => isMeant(path, below));
  };
}
