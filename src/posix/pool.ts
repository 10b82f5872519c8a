/** How many threads libuv's pool has. It makes them at the first piece of work, and reads their number only then. */

const NAME = 'UV_THREADPOOL_SIZE';

/**
 * Does the process's first work on the pool, which gets so many threads. What the environment says of that is put back
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
