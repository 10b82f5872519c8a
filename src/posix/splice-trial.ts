/** Tests whether splice(2) works here, on the file system of the output. */
import {closeSync, openSync, rmSync, writeSync} from 'node:fs';
import {join} from 'node:path';
import {spliceNow, spliceRefusal} from './fifo.ts';
import {openPipe} from './pipe.ts';

/**
 * Returns the error with which the kernel, a sandbox or the folder's file system refuses splice(2). Returns null if
 * none does, or if the folder takes no file now, which proves nothing about splice.
 */
export function spliceRefusalIn(folder: string): string | null {
  const refusal = spliceRefusal();
  if (refusal !== null) return refusal;
  const path = join(folder, `.splice-${process.pid}`);
  const fds: number[] = [];
  try {
    fds.push(openSync(path, 'wx', 0o600));
    // The name is not needed any more, and a kill from here on leaves no file behind.
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
