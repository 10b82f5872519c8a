import {constants} from 'node:fs';
import {open, type FileHandle} from 'node:fs/promises';

/** Why a file was not read. */
export type Unread = 'folder' | 'irregular' | 'large';

/**
 * Returns the bytes of a regular file that has no more than `limit`, else the reason why not. Never waits for a writer,
 * as opening a FIFO would (fifo(7)).
 *
 * @throws the error of the file system (`ENOENT`, `EACCES`, ...)
 */
export async function readLimited(path: string, limit: number): Promise<Uint8Array | Unread> {
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const stat = await file.stat();
    if (stat.isDirectory()) return 'folder';
    if (!stat.isFile()) return 'irregular';
    const bytes = await readUpTo(file, limit + 1);
    return bytes.length > limit ? 'large' : bytes;
  } finally {
    await file.close();
  }
}

async function readUpTo(file: FileHandle, limit: number): Promise<Uint8Array> {
  const buffer = Buffer.alloc(limit);
  let length = 0;
  while (length < limit) {
    const {bytesRead} = await file.read(buffer, length, limit - length, null);
    if (bytesRead === 0) break;
    length += bytesRead;
  }
  return buffer.subarray(0, length);
}
