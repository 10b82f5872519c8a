/**
 * What one run says, at a pace that keeper and controller can bear: each fact costs the controller a turn, and each
 * change of the main process a look at all of /proc. What comes faster is held back for a moment and joined.
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
  /** Calls back after `ms`; answers how to call it off. */
  later(action: () => void, ms: number): () => void;
}

export class PacedNotices {
  readonly #host: PacedNoticesHost;
  readonly #facts: TokenBucket;
  readonly #changes: TokenBucket;
  #notice: Notice | null = null;
  /** The main process that was named last. */
  #main: number | null = null;
  #cancel: (() => void) | null = null;

  constructor(host: PacedNoticesHost) {
    this.#host = host;
    this.#facts = new TokenBucket(FACTS, host.now());
    this.#changes = new TokenBucket(MAIN_CHANGES, host.now());
  }

  /** @param urgent it is not held back, nor is what waits */
  addNotice(notice: Notice, urgent: boolean): void {
    this.#notice = joined(this.#notice, notice);
    if (urgent) this.#emitNotice();
    else this.#emitDue();
  }

  /** That process is to be the main one; what was asked for before, and has not happened yet, counts no more. */
  changeMain(pid: number): void {
    this.#main = pid;
    this.#emitDue();
  }

  /** It names the process that is the main one already. */
  keepMain(): void {
    this.#main = null;
  }

  /** Nothing waits any longer. */
  flush(): void {
    this.#changeNow();
    this.#emitNotice();
    this.#cancel?.();
    this.#cancel = null;
  }

  /** Forgets what waits. */
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
