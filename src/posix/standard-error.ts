/** What keeper and controller say: on standard error, which is the fleet's log, or that of an `up` in the foreground. */
import {writeSync} from 'node:fs';

/**
 * Writes a text there. Where nothing can be written (a full disk, nobody who reads it any more), the text is lost, and nothing else:
 * `process.stderr` would end the process by an event `error`, and be silent for good once that is heard.
 */
export function writeError(text: string): void {
  try {
    writeSync(2, text);
  } catch {
    // What is said there is also an event, as far as it matters.
  }
}
