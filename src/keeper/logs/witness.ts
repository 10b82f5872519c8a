/**
 * What tells that a file was cut short between the last look at its size and the bytes that were then written at the old end: the
 * kernel fills the gap with zeros. So of each log one byte is known that is none, and looked at again after each write.
 */
import {read} from 'node:fs';
import {onPipeThread} from '../../posix/pipe-threads.ts';
import {READ_NOW_BYTES, readNow} from '../../posix/read-now.ts';

/** So much of the end of what was written is looked through for the next such byte. */
export const TAIL_BYTES = READ_NOW_BYTES;

/** `cut`: the file has a gap of zeros before what was written. */
export type Looked = 'whole' | 'cut';

export class LogWitness {
  /** Where the last byte is that is known not to be zero; null: none is. */
  #at: number | null = null;
  #last: number | null = null;

  /** The last byte of the file; null where it is not known. */
  get lastByte(): number | null {
    return this.#last;
  }

  /** Another file, or none of what was known of it: these are its last bytes, from that offset on. */
  begin(tail: Uint8Array = new Uint8Array(), offset = 0): void {
    this.#at = null;
    this.#last = null;
    this.#note(tail, offset);
  }

  /** Looks after so many bytes were written at that offset. What is not in memory is read from the disk, on a thread. */
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

/** Where the last byte is that is not zero; -1: all are. */
export function lastNonZero(bytes: Uint8Array): number {
  let at = bytes.length - 1;
  while (at >= 0 && bytes[at] === 0) at--;
  return at;
}

/** What can't be read is as if it were not there: whoever writes next is told why. */
function readAt(fd: number, offset: number, length: number, done: (bytes: Uint8Array) => void): void {
  const buffer = Buffer.allocUnsafe(length);
  read(fd, buffer, 0, length, offset, (_error, count) => done(buffer.subarray(0, count)));
}
