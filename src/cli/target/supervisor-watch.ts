/**
 * Reports what a waiting command waits for: after a few seconds, at once when that changes, then less and less often.
 */
import type {Output} from '../terminal/output.ts';
import {controllerOf, lookFrom, type ProcessId} from './supervisor-look.ts';
import {troublesOf, troubleWords, type SupervisorLook, type Trouble} from './supervisor-troubles.ts';

const TICK_MS = 500;
/** A shorter wait needs no explanation. */
const FIRST_MS = 3_000;
const GROWTH = 3;
const LONGEST_MS = 300_000;
/** A controller reports every half second what a request waits for. */
const SILENT_MS = 3_000;

export interface WatchHost {
  readonly folder: string;
  readonly printNotice: (words: string) => void;
  /** Returns what else the command waits for, or null if that is not worth a line. */
  readonly waitingFor: () => string | null;
  /** Returns the time (ms) for which the keeper has been silent, as the controller reports it; null if unknown. */
  readonly keeperSilentMs: () => Promise<number | null>;
}

/** Watches for a command that follows output or events: reports why nothing arrives if the supervisor is the cause. */
export function watchOver(folder: string, err: Output): SupervisorWatch {
  return new SupervisorWatch({
    folder,
    printNotice(words) {
      err.line(words);
      err.flush();
    },
    waitingFor: () => null,
    keeperSilentMs: () => Promise.resolve(null),
  });
}

const keyOf = ({part, kind, process}: Trouble): string => `${part} ${kind} ${process?.pid ?? ''}`;

export class SupervisorWatch {
  readonly #host: WatchHost;
  readonly #timer: NodeJS.Timeout;
  /** The keys of the troubles that the last look found, and of those that were reported. */
  #found: ReadonlySet<string> = new Set();
  #told: ReadonlySet<string> = new Set();
  #before: SupervisorLook = {anchor: null, keeper: null, controller: null};
  #anchor: ProcessId | null = null;
  #last = performance.now();
  /** The time (ms) for which this process has watched, without the time in which it was stopped itself. */
  #watchedMs = 0;
  #heardAtMs: number | null = null;
  #dueMs = FIRST_MS;
  #looking = false;

  constructor(host: WatchHost) {
    this.#host = host;
    this.#timer = setInterval(() => void this.#tick(), TICK_MS).unref();
  }

  /** Records a request to the controller, or a message from it: from now on a long silence counts. */
  heard(): void {
    this.#heardAtMs = this.#watchedMs;
  }

  /** Ends the expectation of messages from the controller. */
  expectNothing(): void {
    this.#heardAtMs = null;
  }

  /** Sets the anchor to wait for: a keeper that has exited cleanly no longer names it. */
  remember(anchor: ProcessId | undefined): void {
    this.#anchor = anchor ?? null;
  }

  /** The time (ms) since the last message of a controller that is expected to send some; 0 if none is expected. */
  get silentMs(): number {
    return this.#heardAtMs === null ? 0 : this.#watchedMs - this.#heardAtMs;
  }

  end(): void {
    clearInterval(this.#timer);
  }

  async #tick(): Promise<void> {
    const now = performance.now();
    this.#watchedMs += Math.min(now - this.#last, 2 * TICK_MS);
    this.#last = now;
    if (this.#watchedMs < FIRST_MS - TICK_MS || this.#looking) return;
    this.#looking = true;
    try {
      await this.#checkSupervisor();
    } catch {
      // Nothing is visible at the moment (no descriptor is left): the next tick looks again.
    } finally {
      this.#looking = false;
    }
  }

  async #checkSupervisor(): Promise<void> {
    const {folder, printNotice: say, waitingFor, keeperSilentMs} = this.#host;
    const isDue = this.#watchedMs >= this.#dueMs;
    const controllerIsSilent = this.silentMs >= SILENT_MS;
    const look = lookFrom(folder, controllerIsSilent ? await controllerOf(folder) : null, this.#anchor);
    const silentMs = isDue && !controllerIsSilent ? await keeperSilentMs() : null;
    const troubles = troublesOf(look, this.#before, {controllerIsSilent, keeperSilentMs: silentMs});
    this.#before = look;
    // A trouble in one look only is a transient state of an end or a start.
    const lasting = troubles.filter(trouble => this.#found.has(keyOf(trouble)) || trouble.kind === 'silent');
    const toSay = isDue ? lasting : lasting.filter(trouble => !this.#told.has(keyOf(trouble)));
    for (const trouble of toSay) say(troubleWords(trouble));
    this.#found = new Set(troubles.map(keyOf));
    this.#told = new Set(lasting.map(keyOf));
    if (isDue && lasting.length === 0) {
      const words = waitingFor();
      if (words !== null) say(words);
    }
    if (isDue) this.#dueMs = this.#watchedMs + Math.min(LONGEST_MS, this.#watchedMs * (GROWTH - 1));
  }
}
