/** Ready when a text appears in the output of the run, on either stream. */
import {closeSync, fstatSync, openSync, readSync, statSync} from 'node:fs';
import type {Probe} from './probe.ts';
import {currentLog, STREAMS} from '../../logs/layout.ts';

const CHUNK_BYTES = 256 * 1024;
/** Polling interval, in case a message from the keeper was lost with an earlier controller. */
const FALLBACK_MS = 500;

/** Searches a log for a text as it grows, across chunks and rotations. */
class Scanner {
  readonly #path: string;
  readonly #needle: Buffer;
  readonly #buffer: Buffer;
  #fd: number | null = null;
  #at: number;
  #carry = 0;

  /** Starts at `at`: earlier runs wrote what precedes it. */
  constructor(path: string, text: string, at: number) {
    this.#path = path;
    this.#needle = Buffer.from(text);
    this.#buffer = Buffer.alloc(CHUNK_BYTES + this.#needle.length);
    this.#at = at;
  }

  found(): boolean {
    for (;;) {
      this.#fd ??= this.#open();
      if (this.#fd === null) return false;
      const got = readSync(this.#fd, this.#buffer, this.#carry, CHUNK_BYTES, this.#at);
      if (got > 0) {
        this.#at += got;
        const end = this.#carry + got;
        if (this.#buffer.subarray(0, end).includes(this.#needle)) return true;
        // The text may begin in this chunk and end in the next.
        this.#carry = Math.min(end, this.#needle.length - 1);
        this.#buffer.copyWithin(0, end - this.#carry, end);
      } else if (this.#rotated(this.#fd)) {
        this.close();
        this.#at = 0;
      } else return false;
    }
  }

  close(): void {
    if (this.#fd !== null) closeSync(this.#fd);
    this.#fd = null;
  }

  #open(): number | null {
    try {
      const fd = openSync(this.#path, 'r');
      // The log was rotated since: this run's output may begin anywhere, and the start of this file belongs to it.
      if (fstatSync(fd).size < this.#at) this.#at = 0;
      return fd;
    } catch {
      return null; // nothing was written yet
    }
  }

  #rotated(fd: number): boolean {
    const current = statSync(this.#path, {throwIfNoEntry: false});
    return current !== undefined && current.ino !== fstatSync(fd).ino;
  }
}

export const log: Probe<'log'> = ({text}, {logFolder, logStart, ready, onOutput}) => {
  const scanners = STREAMS.map(stream => new Scanner(currentLog(logFolder, stream), text, logStart[stream]));
  let over = false;
  const look = (): void => {
    if (over || !scanners.some(scanner => scanner.found())) return;
    end();
    ready();
  };
  const unwatch = onOutput(look);
  const timer = setInterval(look, FALLBACK_MS);
  const end = (): void => {
    over = true;
    unwatch();
    clearInterval(timer);
    for (const scanner of scanners) scanner.close();
  };
  setImmediate(look);
  return end;
};
