/** The launcher (`brood up`), which waits at the other end of descriptor 3 to hear how it went. */
import {closeSync, writeSync} from 'node:fs';
import {peerCredentials} from '../../posix/peer.ts';

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

/** The one that waits for a keeper which has the lock; it is told once. */
export class Launcher {
  readonly #anchor: number | null;
  readonly #pid: number | null;
  #waits: boolean;

  constructor(waits: boolean, anchor: number | null) {
    this.#waits = waits;
    this.#anchor = anchor;
    // Node makes the two ends of a child's pipe by socketpair(2), so the one at the other end is who made it.
    this.#pid = waits ? (peerCredentials(LAUNCHER_FD)?.pid ?? null) : null;
  }

  /** Its pid, as far as the kernel tells it; null: there was none, or it has left. */
  get pid(): number | null {
    return this.#pid;
  }

  get waits(): boolean {
    return this.#waits;
  }

  reportToLauncher(text: string): void {
    if (!this.#waits) return;
    this.#waits = false;
    tellLauncher(text);
    // The anchor has the launcher's descriptor too, in case this keeper had not come so far.
    if (process.ppid === this.#anchor) process.kill(this.#anchor, 'SIGURG');
  }
}
