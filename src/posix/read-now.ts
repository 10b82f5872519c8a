/** Reads the part of a file that is in memory already (preadv2(2) with RWF_NOWAIT), without waiting for the disk. */
import koffi from 'koffi';
import {libc} from './libc.ts';

const RWF_NOWAIT = 8;
/** Maximum bytes of one read. */
export const READ_NOW_BYTES = 512;

const preadv2 = libc<[number, Buffer, number, number, number]>(
  'int64_t preadv2(int fd, const void *vectors, int count, int64_t offset, int flags)',
);

interface Place {
  readonly bytes: Buffer;
  /** struct iovec of 64-bit systems. */
  readonly vector: Buffer;
}

let place: Place | null = null;
/** Set if the C library has no preadv2(2). */
let isMissing = false;

/**
 * Returns the bytes at that offset, or null if they are not all in memory, the file is shorter, or the call is not
 * available (before Linux 4.14).
 */
export function readNow(fd: number, offset: number, length: number): Uint8Array | null {
  if (isMissing) return null;
  try {
    const {bytes, vector} = (place ??= makePlace());
    vector.writeBigUInt64LE(BigInt(length), 8);
    const count = preadv2(fd, vector, 1, offset, RWF_NOWAIT);
    return count === length ? new Uint8Array(bytes.subarray(0, length)) : null;
  } catch {
    isMissing = true;
    return null;
  }
}

function makePlace(): Place {
  const bytes = Buffer.alloc(READ_NOW_BYTES);
  const vector = Buffer.alloc(16);
  vector.writeBigUInt64LE(koffi.address(bytes), 0);
  return {bytes, vector};
}
