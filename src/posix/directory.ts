/** The names in a folder as the kernel writes them (getdents(2)), into memory that is used again: no string for each. */
import {closeSync, openSync} from 'node:fs';
import {check, libc} from './libc.ts';

const RECORD_LENGTH = 16;
const NAME = 19;
const BUFFER_BYTES = 32 * 1024;
const SEEK_SET = 0;

const getdents = libc<[number, Buffer, number]>('int64_t getdents64(int fd, void *buffer, size_t bytes)');
const lseek = libc<[number, number, number]>('int64_t lseek(int fd, int64_t offset, int whence)');

/** A folder that stays open, to be read again and again. */
export class Directory {
  readonly #fd: number;
  readonly #buffer = Buffer.allocUnsafe(BUFFER_BYTES);
  #numbers = new Int32Array(1024);

  /** Throws what open(2) refuses. */
  constructor(path: string) {
    this.#fd = openSync(path, 'r');
  }

  /**
   * The names that are decimal numbers, as numbers, in the folder's order; valid until the next call. In /proc these are
   * the processes. Throws SystemError.
   */
  numbers(): Int32Array {
    check(lseek(this.#fd, 0, SEEK_SET), 'lseek');
    let count = 0;
    for (;;) {
      const bytes = check(getdents(this.#fd, this.#buffer, BUFFER_BYTES), 'getdents64');
      if (bytes === 0) return this.#numbers.subarray(0, count);
      for (let at = 0; at < bytes;) {
        const number = numberAt(this.#buffer, at + NAME);
        if (number >= 0) {
          if (count === this.#numbers.length) this.#grow();
          this.#numbers[count++] = number;
        }
        at += this.#buffer.readUInt16LE(at + RECORD_LENGTH);
      }
    }
  }

  close(): void {
    closeSync(this.#fd);
  }

  #grow(): void {
    const more = new Int32Array(this.#numbers.length * 2);
    more.set(this.#numbers);
    this.#numbers = more;
  }
}

/** The number that a name ending in a zero byte is; -1 if it is none, or too large for a pid. */
function numberAt(bytes: Buffer, from: number): number {
  let value = 0;
  for (let at = from; ; at++) {
    const digit = (bytes[at] ?? 0) - 48;
    if (digit === -48) return at > from ? value : -1;
    if (digit < 0 || digit > 9) return -1;
    value = value * 10 + digit;
    if (value > 0x7fffffff) return -1;
  }
}
