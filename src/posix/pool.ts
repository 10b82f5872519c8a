/** Turns on libuv's thread pool, for calls that may wait for a disk. */

/** libuv's pool has four threads, and one of them waits in epoll_wait all the time. */
const MOST_AT_ONCE = 3;

type Task = (done: () => void) => void;

const waiting: Task[] = [];
let running = 0;

/** Starts a task once a thread of the pool is free for it. The task calls `done` when it no longer needs the thread. */
export function onPool(task: Task): void {
  waiting.push(task);
  if (running < MOST_AT_ONCE) next();
}

function next(): void {
  const task = waiting.shift();
  if (!task) return;
  running++;
  task(() => {
    running--;
    next();
  });
}
