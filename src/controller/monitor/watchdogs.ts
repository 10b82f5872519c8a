/**
 * Counts how long workers do not feed their watchdogs. Feeding notes a time and nothing else; one timer wakes for the
 * earliest that may be due, so a thousand workers that feed each second cost a few looks at a list. Before one is blamed,
 * the keeper is asked for what it has not read yet: a keeper that was slow is no worker's fault.
 *
 * Counting begins anew, with the full time, whenever a controller takes over, and after this process itself was stopped.
 */
import {monotonic} from '../turn/clock.ts';
import type {KeeperLink} from '../keeper/link.ts';
import type {Notice} from '../../link/runs.ts';
import type {WorkerSpec} from '../../fleet/types.ts';

/** A timer that fires so much too late says that this process, or the machine, did not run. */
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
  /** When the timer is to fire (CLOCK_MONOTONIC, ms). */
  #next = Infinity;

  constructor(host: WatchdogsHost) {
    this.#host = host;
  }

  /** Its time counts from now on. */
  watch(token: string, id: string): void {
    this.#watched.set(token, {token, id, fedAt: monotonic(), isAsking: false});
    this.#plan();
  }

  unwatch(token: string): void {
    this.#watched.delete(token);
  }

  fed(token: string): void {
    const watched = this.#watched.get(token);
    // One that has said that it stops has its time for that, whatever else it says.
    if (watched && this.#host.noticeOf(token)?.phase !== 'stopping') watched.fedAt = monotonic();
  }

  /** It has another time from now on. */
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

  /** How long it may be silent; null: as long as it likes. */
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

  /** The answer comes after all that the keeper has heard before it. */
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
