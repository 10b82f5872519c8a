/**
 * Processes of a stopped fleet that belong to no run. A process may shed every sign of its worker, but it comes from
 * this fleet: it became a child of the keeper, or of the anchor when an earlier keeper died.
 */
import {SIGTERM} from '../../posix/signal-numbers.ts';
import {livingAnchor} from '../anchor/anchor.ts';
import {ProcessScan, membersOf} from '../lineage/members.ts';
import type {Ladder} from './ladder.ts';
import {newRun, type Run} from '../runs/run.ts';
import {childrenOf} from '../../process/proc-files.ts';
import {readStat} from '../../process/stat.ts';

/** Time for strays to end before SIGKILL. */
const GRACE_MS = 1_000;

/** A placeholder run for processes that belong to none. */
const noRun = (): Run => ({
  ...newRun({token: '', id: '', stopSignal: 'SIGTERM', stopTimeoutMs: GRACE_MS, logStart: {out: 0, err: 0}}),
  child: false,
  exit: {code: null, signal: null, at: 0},
});

export class Strays {
  readonly #ladder: Ladder;
  #run: Run | null = null;
  #gone: ((survivors: readonly string[]) => void) | null = null;

  constructor(ladder: Ladder) {
    this.#ladder = ladder;
  }

  /**
   * Ends all strays; the controller exits by itself. Calls back when they are gone, or with those that can't be ended.
   */
  endStrays(controller: number | null, gone: (survivors: readonly string[]) => void): void {
    if (this.#run !== null) return;
    this.#run = noRun();
    this.#gone = gone;
    this.#again(this.#run, controller, GRACE_MS);
  }

  /** Handles a run that the ladder has cleared. Returns whether that was the placeholder for the strays. */
  cleared(run: Run, survivors: readonly string[]): boolean {
    if (run !== this.#run) return false;
    if (survivors.length > 0) this.#gone?.(survivors);
    // The orphans of a stray are strays, too.
    else this.#again(run, null, 0);
    return true;
  }

  #again(run: Run, controller: number | null, timeoutMs: number): void {
    const anchor = livingAnchor();
    const orphans = [...childrenOf(process.pid), ...(anchor === null ? [] : childrenOf(anchor))];
    for (const pid of orphans) {
      const stat = readStat(pid);
      if (stat && pid !== process.pid && pid !== controller) run.orphans.set(pid, stat.startTime);
    }
    if (membersOf(run, new ProcessScan()).length > 0) this.#ladder.endRun(run, SIGTERM, timeoutMs);
    else this.#gone?.([]);
  }
}
