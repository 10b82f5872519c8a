/**
 * Finds a program in a process of the user who is to run it: that user may not see or enter what root can, and a file
 * system that does not answer holds up nothing else.
 */
import {resolve} from 'node:path';
import {lookAs} from './as-user.ts';
import {DEFAULT_PATH, notFound, notStartable, type FoundProgram} from './find-program.ts';
import type {WorkerSpec} from '../../fleet/types.ts';

/** PATH_MAX of Linux. */
const LONGEST = 4096;
const NO_FOLDER = 3;
const NOT_FOUND = 4;

/**
 * Writes the path of the program `$2`, from the folder `$1`; a name without a slash is searched for in `$3`. For a path
 * that exists and can't be run, writes why (EACCES, EISDIR) and the path, with exit code 5.
 */
const SCRIPT = `
set -f
cd -- "$1" || exit ${NO_FOLDER}
denied= why=
look() {
  [ -e "$1" ] || return 0
  if [ -d "$1" ]; then [ -n "$denied" ] || { denied=$1 why=EISDIR; }; return 0; fi
  if [ -x "$1" ]; then printf %s "$1"; exit 0; fi
  [ "$why" = EACCES ] || { denied=$1 why=EACCES; }
}
case $2 in
  */*) look "$2" ;;
  *) IFS=:; for folder in $3; do look "\${folder:-.}/$2"; done; why=\${why#EISDIR} ;;
esac
[ -n "$why" ] || exit ${NOT_FOUND}
printf '%s %s' "$why" "$denied"
exit 5
`;

/** Searches the folders of `path`, or uses the program's own path if it has a slash; relative to `cwd`. */
export async function findProgramAs(
  spec: WorkerSpec,
  name: string,
  cwd: string,
  path: string | undefined,
): Promise<FoundProgram> {
  const [who, by] = spec.user === null ? ['', ''] : [`user ${spec.user} `, ` by user ${spec.user}`];
  const looked = await lookAs(spec, SCRIPT, [cwd, name, path ?? DEFAULT_PATH], LONGEST + 16);
  if ('failed' in looked) {
    const where = looked.code === 'ETIMEDOUT' ? `, to run in ${cwd}` : '';
    return {code: looked.code, message: `${who}can't look for ${name}${where}: ${looked.failed}`};
  }
  const text = Buffer.from(looked.bytes).toString();
  switch (looked.exit) {
    case 0:
      return {file: resolve(cwd, text)};
    case NO_FOLDER:
      return {
        code: 'ENOENT',
        message: `its working directory ${cwd} does not exist or can't be entered${by}`,
      };
    case NOT_FOUND:
      return name.includes('/') ? notStartable(name, 'ENOENT') : notFound(name, path);
    default: {
      const space = text.indexOf(' ');
      return space < 0
        ? {code: 'EIO', message: `${who}can't look for ${name}: exit code ${looked.exit}`}
        : notStartable(text.slice(space + 1), text.slice(0, space));
    }
  }
}
