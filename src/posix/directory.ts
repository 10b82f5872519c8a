/** Reads the names in a folder (getdents(2)) into reused memory, without a string for each. */
import {closeSync, openSync, readdirSync} from 'node:fs';
import {check, libc} from './libc.ts';

const BUFFER_BYTES = 32 * 1024;
const SEEK_SET = 0;
/** Offsets in linux_dirent64: the length of the record, in words of two bytes, and the name, in bytes. */
const LENGTH_WORD = 8;
const NAME = 19;

type GetDents = (fd: number, buffer: Uint8Array, bytes: number) => number;
const lseek = libc<[number, number, number]>('int64_t lseek(int fd, int64_t offset, int whence)');

/** glibc has the wrapper since 2.30, musl under another name. */
const WRAPPERS: readonly GetDents[] = ['getdents64', 'getdents'].map(name =>
  libc<[number, Uint8Array, number]>(`int64_t ${name}(int fd, void *buffer, size_t bytes)`),
);

/** Returns the wrapper that this C library has, or null. */
function wrapperFor(fd: number, buffer: Uint8Array): GetDents | null {
  for (const wrapper of WRAPPERS) {
    try {
      wrapper(fd, buffer, buffer.length);
      return wrapper;
    } catch {
      // The library has no function of that name.
    }
  }
  return null;
}

/** A folder that stays open for repeated reading. */
export class Directory {
  readonly #path: string;
  readonly #fd: number;
  readonly #bytes = new Uint8Array(BUFFER_BYTES);
  readonly #words = new Uint16Array(this.#bytes.buffer);
  readonly #getdents: GetDents | null;
  #numbers = new Int32Array(1024);
  #count = 0;

  /** @throws errors of open(2). */
  constructor(path: string, find = wrapperFor) {
    this.#path = path;
    this.#fd = openSync(path, 'r');
    this.#getdents = find(this.#fd, this.#bytes);
  }

  /**
   * Returns the names that are decimal numbers, as numbers, in the folder's order; valid until the next call. In /proc
   * these are the processes.
   */
  numbers(): Int32Array {
    this.#count = 0;
    if (this.#getdents) this.#ask(this.#getdents);
    else for (const name of readdirSync(this.#path)) if (/^\d{1,9}$/.test(name)) this.#add(Number(name));
    return this.#numbers.subarray(0, this.#count);
  }

  close(): void {
    closeSync(this.#fd);
  }

  #ask(getdents: GetDents): void {
    check(lseek(this.#fd, 0, SEEK_SET), 'lseek');
    for (;;) {
      const bytes = check(getdents(this.#fd, this.#bytes, BUFFER_BYTES), 'getdents64');
      if (bytes === 0) return;
      for (let at = 0; at < bytes; at += this.#words[at / 2 + LENGTH_WORD] ?? bytes) {
        const number = numberAt(this.#bytes, at + NAME);
        if (number >= 0) this.#add(number);
      }
    }
  }

  #add(number: number): void {
    if (this.#count === this.#numbers.length) {
      const more = new Int32Array(this.#numbers.length * 2);
      more.set(this.#numbers);
      this.#numbers = more;
    }
    this.#numbers[this.#count++] = number;
  }
}

/** Parses a zero-terminated name as a decimal number. Returns -1 if it is none, or too large for a pid. */
function numberAt(bytes: Uint8Array, from: number): number {
  let value = 0;
  for (let at = from; ; at++) {
    const digit = (bytes[at] ?? 0) - 48;
    if (digit === -48) return at > from ? value : -1;
    if (digit < 0 || digit > 9 || at >= from + 9) return -1;
    value = value * 10 + digit;
  }
}
