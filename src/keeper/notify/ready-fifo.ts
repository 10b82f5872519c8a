/**
 * Readiness by a newline (the convention of s6): a FIFO for each run that reports it this way, which the worker
 * inherits as the descriptor of its choice. The worker's end is open for reading, too: the worker gets no SIGPIPE while
 * there is no keeper, and a newline written then stays for the next keeper.
 */
import {closeSync, constants, openSync} from 'node:fs';
import {mustLeaveRoom} from '../files/descriptor-reserve.ts';
import type {Run} from '../runs/run.ts';
import {readyPath} from '../runs/files.ts';
import type {Epoll} from '../../posix/epoll.ts';
import {openElsewhere} from '../../posix/elsewhere.ts';
import {closePipe, lookIntoPipe, makeFifo, readPipe} from '../../posix/fifo.ts';
import {letGo} from '../../posix/let-go.ts';
import {removeFile} from '../../posix/remove.ts';
import {isShortage} from '../../process/stat.ts';

const READ = constants.O_RDONLY | constants.O_NONBLOCK;
const NEWLINE = 0x0a;
const MOST_BYTES = 4096;

export interface ReadyFifosHost {
  /** The folder of runs. */
  readonly folder: string;
  readonly epoll: Epoll;
  ready(run: Run): void;
}

export class ReadyFifos {
  readonly #host: ReadyFifosHost;
  readonly #open = new Map<Run, number>();
  readonly #late = new Set<Run>();
  /** Runs of earlier keepers whose FIFOs a thread is opening. */
  readonly #opening = new Set<Run>();
  /** Descriptors that a thread is reading: they stay open until the read has ended. */
  readonly #reading = new Set<number>();

  constructor(host: ReadyFifosHost) {
    this.#host = host;
  }

  /** Descriptors by token, for the next image of this program. */
  get kept(): (readonly [string, number])[] {
    return [...this.#open].map(([{token}, fd]) => [token, fd]);
  }

  /**
   * Makes the FIFO of a new run. Returns the worker's end, to be closed after the spawn. No other process has the FIFO
   * yet, so nothing blocks. Throws if the kernel refuses or too few descriptors are left.
   */
  open(run: Run, owner: {readonly uid: number; readonly gid: number} | null): number {
    const path = readyPath(this.#host.folder, run.token);
    makeFifo(path, owner);
    this.#listen(run, openSync(path, READ));
    const fd = openSync(path, constants.O_RDWR);
    try {
      mustLeaveRoom([fd]);
      return fd;
    } catch (error) {
      closeSync(fd);
      throw error;
    }
  }

  /**
   * Takes over the FIFO of another keeper's run, unless the run is ready. `fd`: from an earlier image of this keeper.
   */
  takeUp(run: Run, fd: number | undefined): void {
    this.#late.delete(run);
    if (run.notice?.ready) {
      if (fd !== undefined) closePipe(fd);
    } else if (fd !== undefined) this.#takeUp(run, fd);
    else {
      this.#opening.add(run);
      openElsewhere(readyPath(this.#host.folder, run.token), READ, `ready ${run.token}`, opened => {
        // Nothing is left of the run by now.
        if (!this.#opening.delete(run)) letGo(typeof opened === 'number' ? [opened] : []);
        else this.#takeUp(run, opened);
      });
    }
  }

  /** Retries FIFOs that could not be taken over before. */
  takeUpLate(): void {
    for (const run of [...this.#late]) this.takeUp(run, undefined);
  }

  /** Closes the FIFO of a run that is ready, or of which nothing is left. */
  close(run: Run): void {
    this.#late.delete(run);
    this.#opening.delete(run);
    const fd = this.#open.get(run);
    if (fd === undefined) return;
    this.#open.delete(run);
    this.#host.epoll.remove(fd);
    if (!this.#reading.has(fd)) closePipe(fd);
    removeFile(readyPath(this.#host.folder, run.token));
  }

  #takeUp(run: Run, opened: number | Error): void {
    try {
      if (opened instanceof Error) throw opened;
      this.#listen(run, opened);
    } catch (error) {
      if (isShortage(error)) this.#late.add(run); // otherwise the FIFO is gone
    }
  }

  #listen(run: Run, fd: number): void {
    try {
      mustLeaveRoom([fd]);
      this.#host.epoll.add(fd, ({readable}) => {
        if (readable) this.#read(run, fd);
        else this.close(run); // no writer is left
      });
      this.#open.set(run, fd);
    } catch (error) {
      closePipe(fd);
      throw error;
    }
  }

  /**
   * Peeks before it reads: if the keeper dies before it has recorded the readiness, the line stays for the next keeper.
   */
  #read(run: Run, fd: number): void {
    this.#reading.add(fd);
    lookIntoPipe(fd, MOST_BYTES, bytes => {
      if (bytes?.includes(NEWLINE) === true) this.#looked(run, fd, bytes);
      else readPipe(fd, bytes?.length ?? MOST_BYTES, taken => this.#looked(run, fd, taken));
    });
  }

  #looked(run: Run, fd: number, bytes: Buffer): void {
    this.#reading.delete(fd);
    if (this.#open.get(run) !== fd)
      closePipe(fd); // closed meanwhile
    else if (bytes.includes(NEWLINE)) {
      this.#host.ready(run);
      this.close(run);
    } else this.#host.epoll.arm(fd);
  }
}
