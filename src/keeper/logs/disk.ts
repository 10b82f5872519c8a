/**
 * The disk work of logs beside the moving of their bytes: opening, time indexes, rotation. It is done on a thread of
 * libuv's pool, one piece after another. A file system that is frozen (fsfreeze(8)) or does not answer then holds up that
 * thread, and never the keeper.
 */
import {errorCode} from '../../base/errors.ts';
import {close} from 'node:fs';

/** Threads of the pool that it may occupy. */
export const DISK_THREADS = 1;
/** Whoever waits until all is done goes on after so long in any case. */
const PATIENCE_MS = 1_000;

const codeOf = (error: unknown): string => errorCode(error, String(error));

export type Result<T> = {readonly value: T} | {readonly error: string};

export class LogDisk {
  readonly #waiting: (() => void)[] = [];
  #busy = false;

  /** Does a piece of work after all that was asked for before; it may be of several steps, one after another. */
  run<T>(work: () => Promise<T>, done: (result: Result<T>) => void = () => undefined): void {
    const start = (): void => {
      work()
        .then(
          (value): Result<T> => ({value}),
          (error: unknown): Result<T> => ({error: codeOf(error)}),
        )
        .then(result => {
          try {
            done(result);
          } finally {
            this.#next();
          }
        })
        // Else what is thrown by whoever waits would be a rejection of nobody's.
        .catch((error: unknown) => {
          setImmediate(() => {
            throw error;
          });
        });
    };
    this.#waiting.push(start);
    if (!this.#busy) this.#next();
  }

  /** Closes a descriptor: a network file system may write then what it holds back. */
  close(fd: number): void {
    this.run(() => new Promise<void>(resolve => close(fd, () => resolve())));
  }

  /** Calls back once all that was asked for so far is done, or after a while. */
  settle(done: () => void): void {
    if (!this.#busy) {
      done();
      return;
    }
    let isDone = false;
    const once = (): void => {
      if (isDone) return;
      isDone = true;
      clearTimeout(timer);
      done();
    };
    const timer = setTimeout(once, PATIENCE_MS);
    this.run(() => Promise.resolve(), once);
  }

  #next(): void {
    const next = this.#waiting.shift();
    this.#busy = next !== undefined;
    next?.();
  }
}
