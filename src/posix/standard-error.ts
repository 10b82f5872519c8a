/**
 * Output of keeper and controller to standard error, which is the fleet's log, or that of an `up` in the foreground.
 */
import {writeSync} from 'node:fs';

/**
 * Writes a text to standard error. If the write fails (full disk, no reader left), only the text is lost:
 * `process.stderr` would end the process by an `error` event, and, with a listener for it, never write again.
 */
export function writeError(text: string): void {
  try {
    writeSync(2, text);
  } catch {
    // Messages that matter are also recorded as events.
  }
}
