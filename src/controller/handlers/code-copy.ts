/** Checks that a copy of the programs is complete and writable by no other user. Any other copy is never run. */
import {errorCode} from '../../base/errors.ts';
import {lstat} from 'node:fs/promises';
import {join} from 'node:path';

const PROGRAMS = ['keeper.cjs', 'controller.cjs'] as const;
/** Write permission of the group and of others. */
const OTHERS_WRITE = 0o022;

/** Resolves to what is wrong with `code/NAME` in the fleet's folder, or null. Does not block. */
export async function copyProblem(folder: string, name: string): Promise<string | null> {
  const copy = join(folder, 'code', name);
  for (const path of [copy, ...PROGRAMS.map(program => join(copy, program))]) {
    const problem = await problemOf(path, path === copy);
    if (problem !== null) return `${path} ${problem}`;
  }
  return null;
}

async function problemOf(path: string, isFolder: boolean): Promise<string | null> {
  try {
    const it = await lstat(path);
    if (isFolder && !it.isDirectory()) return 'is not a folder';
    if (!isFolder && !it.isFile()) return 'is not a regular file';
    if (it.uid !== process.geteuid?.()) return `belongs to user ${it.uid}`;
    return (it.mode & OTHERS_WRITE) === 0 ? null : 'can be changed by other users';
  } catch (error) {
    const code = errorCode(error);
    return code === 'ENOENT' || code === 'ENOTDIR' ? 'is missing' : `can't be examined (${code})`;
  }
}
