/** Files of /proc as text. */
import {closeSync, openSync, readFileSync, readSync} from 'node:fs';
import {join} from 'node:path';
import {isShortage} from '../process/stat.ts';

/**
 * Returns a file below `root`, one character per byte, or null if it can't be read.
 *
 * @throws if this process has no descriptor or memory left, which is no evidence about the file
 */
export function textOf(root: string, ...path: readonly (string | number)[]): string | null {
  try {
    return readFileSync(join(root, ...path.map(String)), 'latin1');
  } catch (error) {
    if (isShortage(error)) throw error;
    return null;
  }
}

const CHUNK_BYTES = 64 * 1024;

/** Like {@link textOf}, for a file that others make long: its first `most` bytes, and up to a chunk more. */
export function beginningOf(most: number, root: string, ...path: readonly (string | number)[]): string | null {
  const chunks: string[] = [];
  const chunk = Buffer.alloc(CHUNK_BYTES);
  let fd: number | null = null;
  try {
    fd = openSync(join(root, ...path.map(String)), 'r');
    for (let length = 0; length < most;) {
      const got = readSync(fd, chunk);
      if (got === 0) break;
      chunks.push(chunk.toString('latin1', 0, got));
      length += got;
    }
    return chunks.join('');
  } catch (error) {
    if (isShortage(error)) throw error;
    return null;
  } finally {
    if (fd !== null) closeSync(fd);
  }
}
