/**
 * The disk work of logs except for moving their bytes: opening, time indexes, rotation. A thread of libuv's pool does
 * it, one task after another. A file system that is frozen (fsfreeze(8)) or does not answer then blocks that thread,
 * and never the keeper.
 */
import {errorCode} from '../../base/errors.ts';
import {close} from 'node:fs';

/** Threads of the pool that disk work may occupy. */
export const DISK_THREADS = 1;
/** The longest wait for all tasks to end. */
const PATIENCE_MS = 1_000;

const codeOf = (error: unknown): string => errorCode(error, String(error));

export type Result<T> = {readonly value: T} | {readonly error: string};

export class LogDisk {
  readonly #waiting: (() => void)[] = [];
  #busy = false;

  /** Runs a task after all earlier ones. A task may consist of several steps, one after another. */
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
        // Otherwise an exception in a callback would be an unhandled rejection.
        .catch((error: unknown) => {
          setImmediate(() => {
            throw error;
          });
        });
    };
    this.#waiting.push(start);
    if (!this.#busy) this.#next();
  }

  /** Closes a descriptor: a network file system may write its cached data then. */
  close(fd: number): void {
    this.run(() => new Promise<void>(resolve => close(fd, () => resolve())));
  }

  /** Calls back once all tasks so far have ended, or after a timeout. */
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
