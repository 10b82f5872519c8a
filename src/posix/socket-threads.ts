/**
 * Threads of libuv's pool for unix sockets that have a path. Any process that can read a folder can hold its lock for
 * as long as it likes, and a file system may not respond: calls that bind, examine or remove a socket there block
 * meanwhile.
 */
import {Lanes} from './lanes.ts';

export const SOCKET_THREADS = 2;

/** Work that takes longer is blocked by another process or a disk (ms). */
const USUAL_MS = 1_000;

// The process has one pool, and so one instance.
const lanes = new Lanes(SOCKET_THREADS);
/** The running pieces and their start times (performance.now). */
const running = new Map<symbol, number>();

/**
 * Runs `work`, a sequence of calls that each occupy one thread, as soon as a thread is free.
 *
 * @param path at most one piece of work per path runs at a time
 */
export const onSocketThread = <T>(path: string, work: () => Promise<T>): Promise<T> =>
  new Promise((resolve, reject) => {
    lanes.run(path, done => {
      const piece = Symbol(path);
      running.set(piece, performance.now());
      work()
        .finally(() => {
          running.delete(piece);
          done();
        })
        .then(resolve, reject);
    });
  });

/** Whether a thread is blocked by another process or a disk. execve(2) and an orderly exit would block as well. */
export const isSocketHeldUp = (): boolean => [...running.values()].some(began => performance.now() - began > USUAL_MS);
