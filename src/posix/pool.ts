/**
 * The size of libuv's thread pool. libuv creates the threads at the first piece of work, and reads their number only
 * then.
 */

const NAME = 'UV_THREADPOOL_SIZE';

/**
 * Runs the process's first work on the pool, which gets `threads` threads. The environment variable is restored
 * afterwards, since children inherit it.
 */
export function withPoolOf<T>(threads: number, firstWork: () => T): T {
  const before = process.env[NAME];
  process.env[NAME] = String(threads);
  try {
    return firstWork();
  } finally {
    if (before === undefined) Reflect.deleteProperty(process.env, NAME);
    else process.env[NAME] = before;
  }
}
