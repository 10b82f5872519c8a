/** The launcher (`brood up`), which waits for the result at the other end of descriptor 3. */
import {closeSync, writeSync} from 'node:fs';
import {peerCredentials} from '../../posix/peer.ts';

const LAUNCHER_FD = 3;

/** Sends one of `ready`, `refused PID`, `failed WHY`, then closes the descriptor. */
export function tellLauncher(text: string): void {
  try {
    writeSync(LAUNCHER_FD, `${text}\n`);
    closeSync(LAUNCHER_FD);
  } catch {
    // The launcher has stopped waiting.
  }
}

/** The launcher that waits for a keeper which holds the lock. It receives one report. */
export class Launcher {
  readonly #anchor: number | null;
  readonly #pid: number | null;
  #waits: boolean;

  constructor(waits: boolean, anchor: number | null) {
    this.#waits = waits;
    this.#anchor = anchor;
    // Node creates a child's pipe by socketpair(2), so the peer is the process that created it.
    this.#pid = waits ? (peerCredentials(LAUNCHER_FD)?.pid ?? null) : null;
  }

  /** The launcher's pid as the kernel reports it; null if there was no launcher, or it has exited. */
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
    // The anchor holds the launcher's descriptor too, in case a keeper dies before its report.
    if (process.ppid === this.#anchor) process.kill(this.#anchor, 'SIGURG');
  }
}
