/**
 * Threads of libuv's pool that deal with pipes. Each call on a pipe takes its lock, and whoever writes to it from memory
 * that is not there (of a file whose file system does not answer) has that lock for as long.
 */
export const PIPE_THREADS = 3;

/** Calls back when it no longer needs the thread. */
type Work = (release: () => void) => void;

/** Work that takes longer waits for another process, or for a disk (ms). */
const USUAL_MS = 1_000;

const waiting: Work[] = [];
/** What is under way, by when it began (performance.now). */
const running = new Map<Work, number>();

/** Starts some work once one of the threads is free for it. */
export function onPipeThread(work: Work): void {
  waiting.push(work);
  if (running.size < PIPE_THREADS) next();
}

function next(): void {
  const work = waiting.shift();
  if (!work) return;
  running.set(work, performance.now());
  work(() => {
    running.delete(work);
    next();
  });
}

/** Whether a thread waits for another process or a disk: execve(2) would wait with it, and so would an orderly exit. */
export const isPipeHeldUp = (): boolean => [...running.values()].some(began => performance.now() - began > USUAL_MS);
