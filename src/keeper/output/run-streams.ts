/**
 * Output: one FIFO per stream of a run. The worker itself holds the FIFO open for reading and writing, so it never
 * breaks, whichever process dies. The keeper moves its content to the log.
 */
import {closeSync, constants, openSync} from 'node:fs';
import type {LogFile} from '../logs/file.ts';
import type {Fifos} from './fifos.ts';
import type {PipeStore} from '../pipe-store/store.ts';
import type {RunStreams} from '../runs/run.ts';
import {Source} from './fifo-pump.ts';
import {fifoPath, STREAMS, type Stream} from '../../logs/layout.ts';
import type {Epoll} from '../../posix/epoll.ts';
import {closePipe} from '../../posix/fifo.ts';

/** Both streams of a run. */
export class Output implements RunStreams {
  readonly #sources: Source[] = [];
  readonly #paths: string[] = [];
  #left: number;
  #drained: (() => void) | null = null;

  /**
   * Starts to move from the given FIFOs to the logs. Throws if too few descriptors are left; the FIFOs are closed then.
   */
  constructor(
    folder: string,
    token: string,
    logs: Readonly<Record<Stream, LogFile>>,
    epoll: Epoll,
    store: PipeStore | null,
    fifos: Fifos,
  ) {
    const open = STREAMS.flatMap(stream => {
      const path = fifoPath(folder, token, stream);
      this.#paths.push(path);
      const fd = fifos[stream];
      return fd === null ? [] : [{stream, path, fd}];
    });
    this.#left = open.length;
    for (const [at, {stream, path, fd}] of open.entries()) {
      let ended = false;
      try {
        this.#sources.push(
          new Source({path, fd}, logs[stream], epoll, store, () => {
            if (ended) return;
            ended = true;
            if (--this.#left === 0) this.#drained?.();
          }),
        );
      } catch (error) {
        for (const source of this.#sources) source.close();
        for (const other of open.slice(at + 1)) closePipe(other.fd);
        throw error;
      }
    }
  }

  /**
   * Opens descriptors for the worker, to be closed after the spawn. They block: O_NONBLOCK surprises Python and `read`.
   */
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

  /** Closes the FIFOs of a run that was never started. */
  discard(): void {
    for (const source of this.#sources) source.discard();
  }

  /** Calls back once all output of the run is in its logs. */
  drain(done: () => void): void {
    if (this.#left === 0) {
      done();
      return;
    }
    this.#drained = done;
    for (const source of this.#sources) source.drain();
  }
}
