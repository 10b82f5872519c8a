import {WAITING_UNWATCHED, whyUnwatchable} from '../../fleet/index.ts';
import {mayWait} from '../../process/waiting-mounts.ts';

/**
 * Returns the reason why a path can't be watched, as words that follow the path, or null. Never blocks on a file system
 * that may not answer.
 */
export const whyUnwatched = (path: string): string | null =>
  mayWait(path) ? `is ${WAITING_UNWATCHED}` : whyUnwatchable(path);
