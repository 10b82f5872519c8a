/** While a command waits: says what it waits for after a few seconds, at once when that changes, then ever less often. */
import type {Output} from '../terminal/output.ts';
import {controllerOf, lookFrom, type ProcessId} from './supervisor-look.ts';
import {troublesOf, troubleWords, type SupervisorLook, type Trouble} from './supervisor-troubles.ts';

const TICK_MS = 500;
/** What is over sooner needs no explanation. */
const FIRST_MS = 3_000;
const GROWTH = 3;
const LONGEST_MS = 300_000;
/** A controller that is asked something tells every half second what it waits for. */
const SILENT_MS = 3_000;

export interface WatchHost {
  readonly folder: string;
  readonly printNotice: (words: string) => void;
  /** What else is waited for, in words; null: nothing that is worth a line. */
  readonly waitingFor: () => string | null;
  /** Asks the controller for how long (ms) its keeper has been silent; null: not known. */
  readonly keeperSilentMs: () => Promise<number | null>;
}

/** For commands that show what comes: says why nothing comes, where the supervisor is the cause. */
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
  /** What the last look found, and which of that was said. */
  #found: ReadonlySet<string> = new Set();
  #told: ReadonlySet<string> = new Set();
  #before: SupervisorLook = {anchor: null, keeper: null, controller: null};
  #anchor: ProcessId | null = null;
  #last = performance.now();
  /** How long this process has watched: while it was stopped itself, nobody was late. */
  #watchedMs = 0;
  #heardAtMs: number | null = null;
  #dueMs = FIRST_MS;
  #looking = false;

  constructor(host: WatchHost) {
    this.#host = host;
    this.#timer = setInterval(() => void this.#tick(), TICK_MS).unref();
  }

  /** The controller is asked something, or has just said something: from now on it must not be silent for long. */
  heard(): void {
    this.#heardAtMs = this.#watchedMs;
  }

  /** Nothing is expected of the controller any more. */
  expectNothing(): void {
    this.#heardAtMs = null;
  }

  /** The anchor that is waited for: a keeper that has ended well is not there to name it. */
  remember(anchor: ProcessId | undefined): void {
    this.#anchor = anchor ?? null;
  }

  /** For how long (ms) nothing was heard of a controller that is expected to say something; 0: nothing is expected. */
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
      // Nothing can be seen at the moment (no descriptor is left): the next tick looks again.
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
    // What is so in one look only is a moment of an end or a start.
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
