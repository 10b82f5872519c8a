/** Files of /proc as text. */
import {closeSync, openSync, readFileSync, readSync} from 'node:fs';
import {join} from 'node:path';
import {isShortage} from '../process/stat.ts';

/**
 * A file below `root`, a byte a character; null where it can't be read.
 *
 * @throws where this process has no descriptor or memory left: that says nothing of what it looks at.
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

/** The same of a file that others make long: its first `most` bytes, and a part of a chunk more. */
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
