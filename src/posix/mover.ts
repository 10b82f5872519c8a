/**
 * From a pipe to a file: splice(2) where it is there, else read(2) and write(2). Between those two the bytes are in this
 * process's memory alone, so a kill there loses them. A chunk is therefore read only when a thread is free to write it.
 */
import {write} from 'node:fs';
import {readOnThread, splice, spliceRefusal, type Spliced} from './fifo.ts';
import {onPipeThread} from './pipe-threads.ts';

const COPY_BYTES = 64 * 1024;
/** The longest wait for chunks that are being written (ms). */
const SETTLE_MS = 1_000;

/** How splice(2) says that it is not there, or not for this file (some file systems have none). */
const REFUSED = new Set(['ENOSYS', 'EPERM', 'EINVAL']);

let copying = 0;
/** Copies that wait until this process knows whether it is replaced; null: none has to. */
let pausing: (() => void)[] | null = null;
let settled: (() => void) | null = null;

/**
 * Calls back once no chunk is in this process's memory alone, or after a second, and begins no other copy before. To be
 * called before this process becomes another program.
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
    // It was not replaced: go on.
    const paused = pausing ?? [];
    pausing = null;
    for (const resume of paused) resume();
  };
}

export class Mover {
  readonly #pipe: number;
  #copies = spliceRefusal() !== null;
  /** Bytes that were read and could not be written yet. */
  #left: Buffer | null = null;

  /** @param pipe the reading end, which must not block */
  constructor(pipe: number) {
    this.#pipe = pipe;
  }

  /** How many bytes are in neither the pipe nor the file. */
  get held(): number {
    return this.#left?.length ?? 0;
  }

  /** Moves up to so many bytes. Both descriptors must stay open until `done`. */
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

  /** What is left of the chunk before, else what the pipe holds, or what there is to say instead. */
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
