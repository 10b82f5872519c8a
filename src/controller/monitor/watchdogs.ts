/**
 * Measures how long workers do not feed their watchdogs. Feeding only records a time; one timer fires at the earliest
 * deadline, so a thousand workers that feed each second cost a few scans of a list. Before a worker is blamed, the
 * keeper must deliver what it has not read yet: a slow keeper is no worker's fault.
 *
 * The full time starts anew whenever a controller takes over, and after this process itself was stopped.
 */
import {monotonic} from '../turn/clock.ts';
import type {KeeperLink} from '../keeper/link.ts';
import type {Notice} from '../../link/runs.ts';
import type {WorkerSpec} from '../../fleet/types.ts';

/** A timer that fires this late shows that this process, or the machine, did not run. */
const LATE_MS = 1_000;
const LONGEST_TIMER_MS = 60_000;

export interface WatchdogsHost {
  readonly link: Pick<KeeperLink, 'ask'>;
  readonly specOf: (id: string) => WorkerSpec | null;
  readonly noticeOf: (token: string) => Notice | null;
  readonly missed: (token: string) => void;
}

interface Watched {
  readonly token: string;
  readonly id: string;
  /** CLOCK_MONOTONIC, ms. */
  fedAt: number;
  isAsking: boolean;
}

export class Watchdogs {
  readonly #host: WatchdogsHost;
  readonly #watched = new Map<string, Watched>();
  #timer: NodeJS.Timeout | null = null;
  /** The deadline that the timer is set for (CLOCK_MONOTONIC, ms). */
  #next = Infinity;

  constructor(host: WatchdogsHost) {
    this.#host = host;
  }

  /** Starts to measure now. */
  watch(token: string, id: string): void {
    this.#watched.set(token, {token, id, fedAt: monotonic(), isAsking: false});
    this.#plan();
  }

  unwatch(token: string): void {
    this.#watched.delete(token);
  }

  fed(token: string): void {
    const watched = this.#watched.get(token);
    // A worker that is stopping has a fixed time for that, which feeding does not extend.
    if (watched && this.#host.noticeOf(token)?.phase !== 'stopping') watched.fedAt = monotonic();
  }

  /** Starts to measure anew, with a changed limit. */
  changed(token: string): void {
    const watched = this.#watched.get(token);
    if (!watched) return;
    watched.fedAt = monotonic();
    this.#plan();
  }

  end(): void {
    this.#watched.clear();
    if (this.#timer) clearTimeout(this.#timer);
  }

  /** Returns how long a worker may be silent, or null for no limit. */
  #limitOf({token, id}: Watched): number | null {
    const spec = this.#host.specOf(id);
    const notice = this.#host.noticeOf(token);
    const limit = notice?.watchdogMs ?? spec?.watchdogMs ?? 0;
    if (spec === null || limit === 0) return null;
    return notice?.phase === 'stopping' ? Math.max(limit, spec.stop.timeoutMs) : limit;
  }

  #plan(): void {
    let next = Infinity;
    for (const watched of this.#watched.values()) {
      const limit = watched.isAsking ? null : this.#limitOf(watched);
      if (limit !== null) next = Math.min(next, watched.fedAt + limit);
    }
    if (next === this.#next) return;
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
    this.#next = next;
    if (next === Infinity) return;
    const now = monotonic();
    const wake = Math.min(Math.max(next, now), now + LONGEST_TIMER_MS);
    this.#timer = setTimeout(() => this.#checkDeadlines(wake), Math.ceil(wake - now));
  }

  #checkDeadlines(planned: number): void {
    this.#next = Infinity;
    const now = monotonic();
    const isLate = now - planned > LATE_MS;
    for (const watched of this.#watched.values()) {
      if (isLate) watched.fedAt = now;
      const limit = watched.isAsking ? null : this.#limitOf(watched);
      if (limit !== null && now - watched.fedAt >= limit) void this.#ask(watched);
    }
    this.#plan();
  }

  /** The reply follows all messages that the keeper received before it. */
  async #ask(watched: Watched): Promise<void> {
    const {token} = watched;
    watched.isAsking = true;
    await this.#host.link.ask({type: 'listen', token});
    watched.isAsking = false;
    if (this.#watched.get(token) !== watched) return;
    const limit = this.#limitOf(watched);
    const now = monotonic();
    if (limit !== null && now - watched.fedAt >= limit) {
      watched.fedAt = now;
      this.#host.missed(token);
    }
    this.#plan();
  }
}
