/**
 * Garbage collection at rest. V8 frees what a burst has left when it considers the process idle, some 8 s later and in
 * several steps, which is most of the cost of an idle supervisor. So that is disabled (`daemonFlags`), and one
 * collection is requested after a burst.
 */

/** Number of operations in a burst. */
const BURST = 50;
const QUIET_MS = 1_000;

let work = 0;
let timer: NodeJS.Timeout | null = null;

/** Records an operation that leaves garbage behind. After a burst, the garbage is collected as soon as all is quiet. */
export function noteWork(): void {
  work++;
  if (work < BURST) return;
  if (timer !== null) timer.refresh();
  else timer = setTimeout(collect, QUIET_MS).unref();
}

function collect(): void {
  timer = null;
  work = 0;
  // Defined only if Node was started with --expose-gc.
  globalThis.gc?.();
}
