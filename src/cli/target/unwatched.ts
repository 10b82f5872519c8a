import {WAITING_UNWATCHED, whyUnwatchable} from '../../fleet/index.ts';
import {mayWait} from '../../process/waiting-mounts.ts';

/** What keeps a path from being watched, in words that follow it; null: nothing. Waits for no file system that may not answer. */
export const whyUnwatched = (path: string): string | null =>
  mayWait(path) ? `is ${WAITING_UNWATCHED}` : whyUnwatchable(path);
