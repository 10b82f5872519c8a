/** The launcher (`brood up`), which waits at the other end of descriptor 3 to hear how it went. */
import {closeSync, writeSync} from 'node:fs';

const LAUNCHER_FD = 3;

/** Says one of `ready`, `refused PID`, `failed WHY`, and hangs up. */
export function tellLauncher(text: string): void {
  try {
    writeSync(LAUNCHER_FD, `${text}\n`);
    closeSync(LAUNCHER_FD);
  } catch {
    // It has stopped waiting.
  }
}
