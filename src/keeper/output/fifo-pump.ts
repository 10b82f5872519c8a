/** Moves one stream of a run from its FIFO to its log. */
import type {LogFile} from '../logs/file.ts';
import type {PipeStore} from '../pipe-store/store.ts';
import {mustLeaveRoom} from '../files/descriptor-reserve.ts';
import type {Epoll} from '../../posix/epoll.ts';
import {removeIfPossible} from '../../posix/remove.ts';
import {bytesInPipe, closePipe, setPipeSize, type Spliced} from '../../posix/fifo.ts';
import {Mover} from '../../posix/mover.ts';

/** The kernel blocks writers during a move, so the limit lets in a worker that writes all the time. */
const CHUNK_BYTES = 128 * 1024;
/** The longest time for which a little output may gather, to avoid one round trip per line. */
const GATHER_MS = 5;
const RETRY_MS = 500;
/** An ordinary user may have 1,024 pipes of 64 KiB; after that every new one has 8 KiB (pipe(7)). */
const MANY_FIFOS = 400;
const SMALL_FIFO_BYTES = 16 * 1024;
const USUAL_FIFO_BYTES = 64 * 1024;
/**
 * For a worker that writes faster than a FIFO of the usual size can be emptied; only root may have many of this size.
 */
const LARGE_FIFO_BYTES = 256 * 1024;

let openFifos = 0;
const isRoot = (): boolean => process.getuid?.() === 0;

export class Source {
  readonly #fifo: number;
  readonly #mover: Mover;
  readonly #path: string;
  readonly #log: LogFile;
  readonly #epoll: Epoll;
  readonly #store: PipeStore | null;
  readonly #ended: () => void;
  #busy = false;
  #draining = false;
  /** While draining: bytes of the run that are still in the pipe; null until they were counted. */
  #left: number | null = null;
  #open = true;
  #empty = false;
  #bytes = USUAL_FIFO_BYTES;
  /** When bytes were last moved (performance.now). */
  #movedAt = 0;
  #discarded = false;
  #resizing = false;

  /** @param pipe name of the FIFO and its reading end, which does not block and is closed if this throws */
  constructor(
    pipe: {readonly path: string; readonly fd: number},
    log: LogFile,
    epoll: Epoll,
    store: PipeStore | null,
    ended: () => void,
  ) {
    this.#path = pipe.path;
    this.#log = log;
    this.#epoll = epoll;
    this.#store = store;
    this.#ended = ended;
    this.#fifo = pipe.fd;
    try {
      mustLeaveRoom([this.#fifo]);
    } catch (error) {
      closePipe(this.#fifo);
      throw error;
    }
    store?.hold(this.#fifo);
    this.#mover = new Mover(this.#fifo);
    if (++openFifos > MANY_FIFOS && !isRoot()) this.#resize(SMALL_FIFO_BYTES);
    log.queue(this);
  }

  /** Starts to move; every earlier source of the same log is done. */
  start(): void {
    if (!this.#open) return;
    this.#epoll.add(this.#fifo, ({readable}) => {
      // Hang-up with nothing to read: no writer is left, and none can come, since only a writer could let in another.
      if (readable || this.#mover.held > 0) this.#move();
      else if (!this.#busy) this.#end(); // else the move under way is counted first; then the hang-up is noticed
    });
    if (this.#draining) this.#move();
  }

  /** Moves the rest of the output, then ends. No process of the run is left. */
  drain(): void {
    this.#draining = true;
    if (this.#log.isCurrent(this)) this.#move();
    else if (!this.#open || this.#log.held) this.#ended();
  }

  /**
   * Handles a log that can't be written. A run that is over does not wait for the log: its output stays in the pipe.
   */
  logHeld(): void {
    if (this.#draining) this.#ended();
  }

  /** Closes a FIFO that has never had a writer, in any state of its log. */
  discard(): void {
    this.#discarded = true;
    if (!this.#busy) this.#end();
  }

  /** Closes the FIFO before anything was moved; its content stays. */
  close(): void {
    this.#end(true);
  }

  #move(): void {
    if (this.#busy || !this.#open) return;
    // Output after the end of a run comes from a stranger to whom the descriptor was passed, perhaps forever.
    if (this.#draining && this.#left === null && !this.#discarded) {
      this.#busy = true;
      bytesInPipe(this.#fifo, bytes => {
        this.#busy = false;
        this.#left = this.#mover.held + bytes;
        this.#move();
      });
      return;
    }
    if (this.#discarded || (this.#left !== null && this.#left <= 0)) {
      this.#end();
      return;
    }
    this.#busy = true;
    this.#log.open(file => {
      if (file === null) this.#retry();
      else
        this.#mover.move(file, Math.min(CHUNK_BYTES, this.#log.room), moved => {
          const goOn = (): void => {
            this.#busy = false;
            this.#moved(moved);
          };
          if (typeof moved === 'number' && moved > 0) this.#log.wrote(moved, goOn);
          else {
            this.#log.wroteNothing();
            goOn();
          }
        });
    });
  }

  #moved(moved: Spliced): void {
    if (typeof moved !== 'number') {
      if (moved.error === 'EAGAIN') {
        // Empty, but a writer is left: after the end of a run that can only be a stranger (a passed descriptor).
        if (this.#draining) this.#end();
        else this.#epoll.arm(this.#fifo);
      } else if (moved.error === 'EINTR') this.#move();
      else {
        this.#log.fail(moved.error);
        this.#busy = true;
        this.#retry();
      }
      return;
    }
    if (moved === 0) {
      // No writer is left, and none can come: only a process of the run could open the FIFO again. Checked twice, since
      // bytes written between the kernel's look at the buffer and its look at the writers would otherwise be lost.
      if (this.#empty) this.#end();
      else {
        this.#empty = true;
        this.#move();
      }
      return;
    }
    this.#empty = false;
    if (this.#left !== null) this.#left -= moved;
    const wait = this.#restAfter(moved);
    if (wait === 0 || this.#draining || this.#mover.held > 0) this.#move();
    else
      setTimeout(() => {
        if (this.#open) this.#epoll.arm(this.#fifo);
      }, wait);
  }

  /** Returns how long (ms) the FIFO may rest at its fill rate: until a quarter of it is full, since timers are late. */
  #restAfter(moved: number): number {
    const now = performance.now();
    const pace = moved / (now - this.#movedAt);
    this.#movedAt = now;
    const wait = Math.min(GATHER_MS, this.#bytes / 4 / pace);
    // If the FIFO was full, the worker's real pace is unknown.
    if (wait >= 1 && moved < Math.min(CHUNK_BYTES, this.#bytes) / 2) return wait;
    if (isRoot() && this.#bytes < LARGE_FIFO_BYTES) this.#resize(LARGE_FIFO_BYTES);
    return 0;
  }

  /** Resizes the FIFO. The kernel may refuse, or grant more. No second request is made before the first has ended. */
  #resize(bytes: number): void {
    const before = this.#bytes;
    this.#bytes = bytes;
    this.#resizing = true;
    setPipeSize(this.#fifo, bytes, size => {
      this.#resizing = false;
      this.#bytes = size ?? before;
      if (!this.#open) closePipe(this.#fifo);
    });
  }

  #retry(): void {
    this.logHeld();
    setTimeout(() => {
      this.#busy = false;
      this.#move();
    }, RETRY_MS);
  }

  #end(keep = false): void {
    if (!this.#open) return;
    this.#open = false;
    openFifos--;
    this.#epoll.remove(this.#fifo);
    this.#store?.release(this.#fifo);
    if (!this.#resizing) closePipe(this.#fifo); // else when the resize has ended
    if (!keep) removeIfPossible(this.#path);
    this.#log.done(this);
    this.#ended();
  }
}
