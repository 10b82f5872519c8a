/** One stream of a run, from its FIFO to its log. */
import type {LogFile} from '../logs/file.ts';
import type {PipeStore} from '../pipe-store/store.ts';
import {mustLeaveRoom} from '../files/descriptor-reserve.ts';
import type {Epoll} from '../../posix/epoll.ts';
import {removeIfPossible} from '../../posix/remove.ts';
import {bytesInPipe, closePipe, setPipeSize, type Spliced} from '../../posix/fifo.ts';
import {Mover} from '../../posix/mover.ts';

/** The kernel lets nobody write while it moves, so a worker that writes all the time is let in between. */
const CHUNK_BYTES = 128 * 1024;
/** So long is a little let gather at most, instead of one round trip for each line. */
const GATHER_MS = 5;
const RETRY_MS = 500;
/** An ordinary user may have 1,024 pipes of 64 KiB; after that every new one has 8 KiB (pipe(7)). */
const MANY_FIFOS = 400;
const SMALL_FIFO_BYTES = 16 * 1024;
const USUAL_FIFO_BYTES = 64 * 1024;
/** Of one whose worker writes faster than a usual one can be emptied; only root may have many. */
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
  /** While draining: bytes of the run that are still in the pipe; null until that was looked at. */
  #left: number | null = null;
  #open = true;
  #empty = false;
  #bytes = USUAL_FIFO_BYTES;
  /** When the last bytes were moved (performance.now). */
  #movedAt = 0;
  #discarded = false;
  #resizing = false;

  /** @param pipe the FIFO's name, and its reading end, which does not block; that is closed where this throws */
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

  /** Begins to move: every earlier source of the same log is done. */
  start(): void {
    if (!this.#open) return;
    this.#epoll.add(this.#fifo, ({readable}) => {
      // Hung up and nothing to read: no writer is left, and none can come, since only one could let another in.
      if (readable || this.#mover.held > 0) this.#move();
      else if (!this.#busy) this.#end(); // else what is being moved must be counted first, and then this is noticed
    });
    if (this.#draining) this.#move();
  }

  /** Nobody of the run is left: move what is still there, then end. */
  drain(): void {
    this.#draining = true;
    if (this.#log.isCurrent(this)) this.#move();
    else if (!this.#open || this.#log.held) this.#ended();
  }

  /** Its log can't be written. A run that is over does not wait for that: what it wrote stays in the pipe. */
  logHeld(): void {
    if (this.#draining) this.#ended();
  }

  /** Nobody ever wrote to it: closes it, whatever state its log is in. */
  discard(): void {
    this.#discarded = true;
    if (!this.#busy) this.#end();
  }

  /** Lets go of it, before anything was moved; what is in it stays. */
  close(): void {
    this.#end(true);
  }

  #move(): void {
    if (this.#busy || !this.#open) return;
    // What comes after the end of a run is written by a stranger who was given the descriptor, perhaps for ever.
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
        // Empty, and somebody still has it open: of a run that is over, only a stranger can (a passed descriptor).
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
      // No writer is left, and none can come: only a process of the run could open it again. Twice, since what was
      // written between the kernel's look at the buffer and at the writers would else be lost.
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

  /** How long the FIFO may be left alone (ms), at the pace at which it fills: until a quarter of it is full, since timers are late. */
  #restAfter(moved: number): number {
    const now = performance.now();
    const pace = moved / (now - this.#movedAt);
    this.#movedAt = now;
    const wait = Math.min(GATHER_MS, this.#bytes / 4 / pace);
    // Of one that was full, nobody knows how fast its worker would be.
    if (wait >= 1 && moved < Math.min(CHUNK_BYTES, this.#bytes) / 2) return wait;
    if (isRoot() && this.#bytes < LARGE_FIFO_BYTES) this.#resize(LARGE_FIFO_BYTES);
    return 0;
  }

  /** The kernel may refuse, or give more. Not again before it has answered. */
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
    if (!this.#resizing) closePipe(this.#fifo); // else when that is done
    if (!keep) removeIfPossible(this.#path);
    this.#log.done(this);
    this.#ended();
  }
}
