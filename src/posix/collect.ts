/**
 * Heaps at rest. V8 gives back what a burst has left when it thinks that nothing happens any more, some 8 s later and in
 * several steps, which is most of what an idle supervisor costs. So it is told not to (`daemonFlags`), and asked once after a
 * burst.
 */

/** So many things make a burst. */
const BURST = 50;
const QUIET_MS = 1_000;

let work = 0;
let timer: NodeJS.Timeout | null = null;

/** Something was done that leaves garbage behind; after many of them, it is collected as soon as all is quiet. */
export function noteWork(): void {
  work++;
  if (work < BURST) return;
  if (timer !== null) timer.refresh();
  else timer = setTimeout(collect, QUIET_MS).unref();
}

function collect(): void {
  timer = null;
  work = 0;
  // There only where Node was started with --expose-gc.
  globalThis.gc?.();
}
