/**
 * Detects that a file was truncated between the last check of its size and the write at its old end: the kernel fills
 * the gap with zeros. So one nonzero byte of each log is remembered and checked again after each write.
 */
import {read} from 'node:fs';
import {onPipeThread} from '../../posix/pipe-threads.ts';
import {READ_NOW_BYTES, readNow} from '../../posix/read-now.ts';

/** Bytes at the end of a write that are searched for the next such byte. */
export const TAIL_BYTES = READ_NOW_BYTES;

/** `cut`: the file has a gap of zeros before the written bytes. */
export type Looked = 'whole' | 'cut';

export class LogWitness {
  /** Offset of the last byte that is known to be nonzero; null if there is none. */
  #at: number | null = null;
  #last: number | null = null;

  /** The last byte of the file; null if unknown. */
  get lastByte(): number | null {
    return this.#last;
  }

  /** Starts over, with another file or unknown content; `tail` holds the last bytes, from `offset` on. */
  begin(tail: Uint8Array = new Uint8Array(), offset = 0): void {
    this.#at = null;
    this.#last = null;
    this.#note(tail, offset);
  }

  /**
   * Checks the file after a write of `bytes` at `offset`. Bytes that are not in memory are read from disk, on a thread.
   */
  checkWrite(fd: number, offset: number, bytes: number, done: (looked: Looked) => void): void {
    const witness = this.#at ?? offset;
    const tailBytes = Math.min(bytes, TAIL_BYTES);
    const tailAt = offset + bytes - tailBytes;
    const judge = (first: Uint8Array, tail: Uint8Array): void => {
      const isCut = this.#at !== null && first[0] === 0;
      this.#last = null;
      this.#note(tail, tailAt);
      done(isCut ? 'cut' : 'whole');
    };
    const first = readNow(fd, witness, 1);
    const tail = first && readNow(fd, tailAt, tailBytes);
    if (first !== null && tail !== null) judge(first, tail);
    else
      onPipeThread(release =>
        readAt(fd, witness, 1, start =>
          readAt(fd, tailAt, tailBytes, end => {
            release();
            judge(start, end);
          }),
        ),
      );
  }

  #note(tail: Uint8Array, offset: number): void {
    this.#last = tail.at(-1) ?? null;
    const at = lastNonZero(tail);
    if (at >= 0) this.#at = offset + at;
  }
}

/** Returns the index of the last nonzero byte, or -1. */
export function lastNonZero(bytes: Uint8Array): number {
  let at = bytes.length - 1;
  while (at >= 0 && bytes[at] === 0) at--;
  return at;
}

/** Reads some bytes. Unreadable bytes count as absent: the next write reports the error. */
function readAt(fd: number, offset: number, length: number, done: (bytes: Uint8Array) => void): void {
  const buffer = Buffer.allocUnsafe(length);
  read(fd, buffer, 0, length, offset, (_error, count) => done(buffer.subarray(0, count)));
}
