/**
 * Moves bytes from a pipe to a file: by splice(2) if it is available, else by read(2) and write(2). Between those two
 * the bytes are in this process's memory only, so a kill there loses them. A chunk is therefore read only when a thread
 * is free to write it.
 */
import {write} from 'node:fs';
import {readOnThread, splice, spliceRefusal, type Spliced} from './fifo.ts';
import {onPipeThread} from './pipe-threads.ts';

const COPY_BYTES = 64 * 1024;
/** The longest wait for chunks that are being written (ms). */
const SETTLE_MS = 1_000;

/** Errors of splice(2) if it is unavailable, or not supported for this file (some file systems have none). */
const REFUSED = new Set(['ENOSYS', 'EPERM', 'EINVAL']);

let copying = 0;
/** Copies that wait until it is clear whether this process is replaced; null: copies need not wait. */
let pausing: (() => void)[] | null = null;
let settled: (() => void) | null = null;

/**
 * Calls `next` once no chunk is in this process's memory only, or after a second; no other copy starts before that.
 * Must be called before this process becomes another program.
 */
export function whenCopied(next: () => void): void {
  if (copying === 0) {
    next();
    return;
  }
  pausing ??= [];
  const timer = setTimeout(() => settled?.(), SETTLE_MS);
  settled = () => {
    clearTimeout(timer);
    settled = null;
    next();
    // The process was not replaced.
    const paused = pausing ?? [];
    pausing = null;
    for (const resume of paused) resume();
  };
}

export class Mover {
  readonly #pipe: number;
  #copies = spliceRefusal() !== null;
  /** Bytes that were read and are not written yet. */
  #left: Buffer | null = null;

  /** @param pipe the reading end, non-blocking */
  constructor(pipe: number) {
    this.#pipe = pipe;
  }

  /** The number of bytes that are in neither the pipe nor the file. */
  get held(): number {
    return this.#left?.length ?? 0;
  }

  /** Moves up to `bytes` bytes. Both descriptors must stay open until `done`. */
  move(file: number, bytes: number, done: (moved: Spliced) => void): void {
    if (this.#copies) {
      this.#copy(file, bytes, done);
      return;
    }
    splice(this.#pipe, file, bytes, moved => {
      if (typeof moved === 'number' || !REFUSED.has(moved.error)) {
        done(moved);
        return;
      }
      this.#copies = true;
      this.#copy(file, bytes, done);
    });
  }

  #copy(file: number, bytes: number, done: (moved: Spliced) => void): void {
    if (pausing !== null) {
      pausing.push(() => this.#copy(file, bytes, done));
      return;
    }
    onPipeThread(release => {
      if (pausing !== null) {
        release();
        pausing.push(() => this.#copy(file, bytes, done));
        return;
      }
      copying++;
      const settle = (moved: Spliced): void => {
        copying--;
        release();
        done(moved);
        if (copying === 0) settled?.();
      };
      this.#read(Math.min(bytes, COPY_BYTES), chunk => {
        if (!Buffer.isBuffer(chunk)) {
          settle(chunk);
          return;
        }
        this.#left = chunk;
        write(file, chunk, 0, chunk.length, null, (error, written) => {
          this.#left = error === null && written === chunk.length ? null : chunk.subarray(error === null ? written : 0);
          settle(error === null ? written : {error: error.code ?? 'EIO'});
        });
      });
    });
  }

  /** Calls `done` with the rest of the previous chunk, else with bytes from the pipe, 0 at its end, or the error. */
  #read(bytes: number, done: (chunk: Buffer | Spliced) => void): void {
    if (this.#left !== null) {
      done(this.#left);
      return;
    }
    const buffer = Buffer.allocUnsafeSlow(bytes);
    readOnThread(this.#pipe, buffer, count =>
      done(typeof count === 'number' && count > 0 ? buffer.subarray(0, count) : count),
    );
  }
}
