/** Whether a copy of the programs is complete, and nobody else's: what is not is never run. */
import {errorCode} from '../../base/errors.ts';
import {lstat} from 'node:fs/promises';
import {join} from 'node:path';

const PROGRAMS = ['keeper.cjs', 'controller.cjs'] as const;
/** Writable by the group or by all. */
const OTHERS_WRITE = 0o022;

/** What is wrong with `code/NAME` of the fleet's folder; null: nothing. Blocks nothing. */
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
    if (isFolder && !it.isDirectory()) return 'is no folder';
    if (!isFolder && !it.isFile()) return 'is no regular file';
    if (it.uid !== process.geteuid?.()) return `belongs to user ${it.uid}`;
    return (it.mode & OTHERS_WRITE) === 0 ? null : 'can be changed by other users';
  } catch (error) {
    const code = errorCode(error);
    return code === 'ENOENT' || code === 'ENOTDIR' ? 'is missing' : `can't be examined (${code})`;
  }
}
