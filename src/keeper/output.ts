/**
 * Output: a FIFO for each stream of a run, which the worker itself holds open for reading and writing, so it never
 * breaks, whoever dies. The keeper moves what is in it to the log.
 */
import {closeSync, constants, existsSync, openSync, rmSync} from 'node:fs';
import type {LogFile} from './log-file.ts';
import type {SpawnOrder} from './messages.ts';
import type {PipeStore} from './pipe-store.ts';
import {Source} from './source.ts';
import {fifoPath, STREAMS, type Stream} from '../logs/layout.ts';
import type {Epoll} from '../posix/epoll.ts';
import {makeFifo} from '../posix/fifo.ts';

/** Of FIFOs that are to be made: the user who may open them again; null: this one. */
export interface NewOutput {
  readonly owner: SpawnOrder['owner'];
}

/** Both streams of a run. */
export class Output {
  readonly #sources: Source[] = [];
  readonly #paths: string[] = [];
  #left: number;
  #drained: (() => void) | null = null;

  /**
   * Takes up the FIFOs of a run; `make` for a new one, and whose they are to be. Throws where the kernel refuses (EMFILE,
   * ENOSPC, ...); nothing is left open then, and what was there before is there still.
   *
   * @param unnamed by which other path one is to be opened whose name was removed
   */
  constructor(
    folder: string,
    token: string,
    logs: Readonly<Record<Stream, LogFile>>,
    epoll: Epoll,
    store: PipeStore | null,
    make: NewOutput | null,
    unnamed: (path: string, stream: Stream) => string | null = () => null,
  ) {
    this.#left = STREAMS.length;
    try {
      for (const stream of STREAMS) {
        const path = fifoPath(folder, token, stream);
        this.#paths.push(path);
        let from: string | null = path;
        if (make !== null) makeFifo(path, make.owner);
        else if (!existsSync(path)) {
          from = unnamed(path, stream);
          // Its last writer was gone before the earlier keeper died.
          if (from === null) {
            this.#left--;
            continue;
          }
        }
        let ended = false;
        this.#sources.push(
          new Source({path, from}, logs[stream], epoll, store, () => {
            if (ended) return;
            ended = true;
            if (--this.#left === 0) this.#drained?.();
          }),
        );
      }
    } catch (error) {
      for (const source of this.#sources) source.close();
      if (make !== null) for (const path of this.#paths) rmSync(path, {force: true});
      throw error;
    }
  }

  /** Descriptors for the worker, to be closed after the spawn. Blocking: O_NONBLOCK surprises Python and `read`. */
  openForWorker(): number[] {
    const fds: number[] = [];
    try {
      for (const path of this.#paths) fds.push(openSync(path, constants.O_RDWR));
      return fds;
    } catch (error) {
      for (const fd of fds) closeSync(fd);
      throw error;
    }
  }

  /** The run was never started. */
  discard(): void {
    for (const source of this.#sources) source.discard();
  }

  /** Calls back once all that the run wrote is in its logs. */
  drain(done: () => void): void {
    if (this.#left === 0) {
      done();
      return;
    }
    this.#drained = done;
    for (const source of this.#sources) source.drain();
  }
}
