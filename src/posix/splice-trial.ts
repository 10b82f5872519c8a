/** Whether splice(2) works here, for the file system that the output goes to. */
import {closeSync, openSync, rmSync, writeSync} from 'node:fs';
import {join} from 'node:path';
import {spliceNow, spliceRefusal} from './fifo.ts';
import {openPipe} from './pipe.ts';

/**
 * The error by which the kernel, a sandbox or the folder's file system refuses splice(2); null: none does, or the folder
 * takes no file now, which says nothing about splice.
 */
export function spliceRefusalIn(folder: string): string | null {
  const refusal = spliceRefusal();
  if (refusal !== null) return refusal;
  const path = join(folder, `.splice-${process.pid}`);
  const fds: number[] = [];
  try {
    fds.push(openSync(path, 'wx', 0o600));
    // Its name is not needed any more, and a kill from here on leaves none.
    rmSync(path);
    fds.push(...openPipe());
    const [file = -1, reading = -1, writing = -1] = fds;
    writeSync(writing, 'x');
    const moved = spliceNow(reading, file, 1);
    return typeof moved !== 'number' && moved.error === 'EINVAL' ? moved.error : null;
  } catch {
    return null;
  } finally {
    for (const fd of fds) closeSync(fd);
  }
}
