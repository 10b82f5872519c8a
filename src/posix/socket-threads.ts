/**
 * Threads of libuv's pool that deal with unix sockets which have a path. Whoever may read a folder can hold its lock for as
 * long as it likes, and a file system may not answer: what is bound, looked at or removed there waits then.
 */
import {Lanes} from './lanes.ts';

export const SOCKET_THREADS = 2;

/** Work that takes longer waits for another process, or for a disk (ms). */
const USUAL_MS = 1_000;

// The process has one pool, and so one of these.
const lanes = new Lanes(SOCKET_THREADS);
/** What is under way, by when it began (performance.now). */
const running = new Map<symbol, number>();

/**
 * Does some work once a thread is free for it: calls that each wait for a thread, one after another.
 *
 * @param path one piece of work for each is done at a time
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

/** Whether a thread waits for another process or a disk: execve(2) would wait with it, and so would an orderly exit. */
export const isSocketHeldUp = (): boolean => [...running.values()].some(began => performance.now() - began > USUAL_MS);
