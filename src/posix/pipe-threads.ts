/**
 * Threads of libuv's pool for calls on pipes. Each call on a pipe takes its lock, and a writer holds that lock while
 * the memory it writes from is not available (mapped from a file whose file system does not respond).
 */
export const PIPE_THREADS = 3;

/** A piece of work. Calls `release` when it no longer needs the thread. */
type Work = (release: () => void) => void;

/** Work that takes longer is blocked by another process or a disk (ms). */
const USUAL_MS = 1_000;

const waiting: Work[] = [];
/** The running pieces and their start times (performance.now). */
const running = new Map<Work, number>();

/** Starts `work` as soon as one of the threads is free. */
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

/** Whether a thread is blocked by another process or a disk. execve(2) and an orderly exit would block as well. */
export const isPipeHeldUp = (): boolean => [...running.values()].some(began => performance.now() - began > USUAL_MS);
