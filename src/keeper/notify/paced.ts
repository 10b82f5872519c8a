/**
 * Limits the rate of one run's notices: each fact costs the controller a turn, and each change of the main process a
 * scan of all of /proc. Notices above the rate are delayed for a moment and merged.
 */
import type {Notice} from '../../link/runs.ts';
import {joined} from './parse.ts';
import {TokenBucket} from '../../link/rate.ts';

const FACTS = {perSecond: 10, burst: 20};
const MAIN_CHANGES = {perSecond: 1, burst: 3};

export interface PacedNoticesHost {
  emitNotice(notice: Notice): void;
  changeMain(pid: number): void;
  /** CLOCK_MONOTONIC, ms. */
  now(): number;
  /** Calls `action` after `ms`. Returns a function that cancels the call. */
  later(action: () => void, ms: number): () => void;
}

export class PacedNotices {
  readonly #host: PacedNoticesHost;
  readonly #facts: TokenBucket;
  readonly #changes: TokenBucket;
  #notice: Notice | null = null;
  /** The main process of the pending request, if any. */
  #main: number | null = null;
  #cancel: (() => void) | null = null;

  constructor(host: PacedNoticesHost) {
    this.#host = host;
    this.#facts = new TokenBucket(FACTS, host.now());
    this.#changes = new TokenBucket(MAIN_CHANGES, host.now());
  }

  /** @param urgent neither this notice nor pending ones are delayed */
  addNotice(notice: Notice, urgent: boolean): void {
    this.#notice = joined(this.#notice, notice);
    if (urgent) this.#emitNotice();
    else this.#emitDue();
  }

  /** Requests a change of the main process. Replaces a pending request. */
  changeMain(pid: number): void {
    this.#main = pid;
    this.#emitDue();
  }

  /** Drops a pending request: the run has named its current main process. */
  keepMain(): void {
    this.#main = null;
  }

  /** Executes all pending requests and reports at once. */
  flush(): void {
    this.#changeNow();
    this.#emitNotice();
    this.#cancel?.();
    this.#cancel = null;
  }

  /** Discards all pending requests and reports. */
  end(): void {
    this.#main = null;
    this.#notice = null;
    this.#cancel?.();
    this.#cancel = null;
  }

  #emitDue(): void {
    const now = this.#host.now();
    if (this.#main !== null && this.#changes.available(now) > 0) this.#changeNow();
    if (this.#notice !== null && this.#facts.available(now) > 0) this.#emitNotice();
    this.#cancel?.();
    this.#cancel = null;
    if (this.#main === null && this.#notice === null) return;
    const waits = [
      ...(this.#main === null ? [] : [this.#changes.waitMs(now)]),
      ...(this.#notice === null ? [] : [this.#facts.waitMs(now)]),
    ];
    this.#cancel = this.#host.later(
      () => {
        this.#cancel = null;
        this.#emitDue();
      },
      Math.max(1, Math.min(...waits)),
    );
  }

  #changeNow(): void {
    const main = this.#main;
    if (main === null) return;
    this.#main = null;
    this.#changes.spend(this.#host.now(), 1);
    this.#host.changeMain(main);
  }

  #emitNotice(): void {
    const notice = this.#notice;
    if (notice === null) return;
    this.#notice = null;
    this.#facts.spend(this.#host.now(), 1);
    this.#host.emitNotice(notice);
  }
}
