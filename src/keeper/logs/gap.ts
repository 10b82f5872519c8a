/**
 * Removes a gap of zeros from a log file. The rest is copied to a new file, which then replaces the old one in one
 * step: a kill at any moment leaves either of them whole.
 */
import {
  close as closeFile,
  constants,
  fchmod as fchmodFile,
  fchown as fchownFile,
  fstat as fstatFile,
  open as openFile,
  read as readFile,
  write as writeFile,
} from 'node:fs';
import {rename, rm} from 'node:fs/promises';
import {promisify} from 'node:util';
import {placeOf} from './place.ts';
import {lastNonZero, TAIL_BYTES} from './witness.ts';

// Numeric descriptors: garbage collection would close a FileHandle.
const open = promisify(openFile);
const close = promisify(closeFile);
const fstat = promisify(fstatFile);
const fchmod = promisify(fchmodFile);
const fchown = promisify(fchownFile);
const read = promisify(readFile);
const write = promisify(writeFile);

const BLOCK_BYTES = 1024 * 1024;
const ZEROS = Buffer.alloc(BLOCK_BYTES);

/** A name that is not a log's (logs/layout.ts). A file left by a kill is removed at the next use of the name. */
const asideOf = (path: string): string => `${path}.mending`;

export interface Reopened {
  /** Descriptor of the file that is at the path now, positioned at its end. */
  readonly fd: number;
  /** The number of bytes before the gap. */
  readonly kept: number;
  /** The last of the bytes that followed the gap. */
  readonly tail: Uint8Array;
}

/**
 * Removes the gap. Returns null if nothing was done: the file is not at its path any more, or was truncated again.
 *
 * @param offset end of the gap, from which `bytes` of the log follow
 */
export async function closeGap(path: string, fd: number, offset: number, bytes: number): Promise<Reopened | null> {
  if ((await placeOf(path, fd)) !== 'there') return null;
  const {size, mode, uid, gid} = await fstat(fd);
  if (size < offset + bytes) return null;
  const kept = await bytesBeforeGap(fd, offset);
  const aside = asideOf(path);
  await rm(aside, {force: true});
  const to = await open(aside, constants.O_RDWR | constants.O_CREAT | constants.O_EXCL, 0o600);
  try {
    // The new file keeps owner and mode, by which others may have been allowed to read the log.
    await fchown(to, uid, gid);
    await fchmod(to, mode & 0o777);
    await copy(fd, 0, kept, to);
    await copy(fd, offset, bytes, to);
    const tail = await readTail(to, kept, bytes);
    await rename(aside, path);
    return {fd: to, kept, tail};
  } catch (error) {
    await close(to).catch(() => undefined);
    await rm(aside, {force: true}).catch(() => undefined);
    throw error;
  }
}

async function bytesBeforeGap(fd: number, end: number): Promise<number> {
  const buffer = Buffer.alloc(Math.min(end, BLOCK_BYTES));
  for (let to = end; to > 0;) {
    const from = Math.max(0, to - BLOCK_BYTES);
    const {bytesRead} = await read(fd, buffer, 0, to - from, from);
    const block = buffer.subarray(0, bytesRead);
    // A gap may be long: only the block in which it begins is searched byte by byte.
    if (block.compare(ZEROS, 0, block.length) !== 0) return from + lastNonZero(block) + 1;
    to = from;
  }
  return 0;
}

async function readTail(fd: number, kept: number, bytes: number): Promise<Uint8Array> {
  const length = Math.min(bytes, TAIL_BYTES);
  const {buffer, bytesRead} = await read(fd, Buffer.alloc(length), 0, length, kept + bytes - length);
  return buffer.subarray(0, bytesRead);
}

async function copy(from: number, offset: number, bytes: number, to: number): Promise<void> {
  const buffer = Buffer.alloc(Math.min(bytes, BLOCK_BYTES));
  for (let done = 0; done < bytes;) {
    const {bytesRead} = await read(from, buffer, 0, Math.min(buffer.length, bytes - done), offset + done);
    if (bytesRead === 0) return; // truncated again, so the rest is unwanted
    for (let written = 0; written < bytesRead;)
      written += (await write(to, buffer, written, bytesRead - written, null)).bytesWritten;
    done += bytesRead;
  }
}
