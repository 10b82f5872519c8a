/**
 * Limits journal lines that a worker's own messages cause (sd_notify(3)): each instance may cause a few at once and
 * then one a minute. The number of lines left out is a line as well. So the journal does not fill with what one worker
 * repeats.
 */
import {TokenBucket} from '../../link/rate.ts';
import type {EventType, JournalEvent} from '../../journal/events.ts';

const CAUSED: ReadonlySet<EventType> = new Set<EventType>(['main-process', 'notify-refused', 'notified']);
const RATE = {perSecond: 1 / 60, burst: 20};
const SUMMARY_MS = 60_000;

interface Names {
  readonly worker?: string;
  readonly instance?: number;
}

interface Instance {
  readonly names: Names;
  readonly bucket: TokenBucket;
  leftOut: number;
  readonly kinds: Set<string>;
  cancel: (() => void) | null;
}

export interface JournalPaceHost {
  note(event: JournalEvent): void;
  /** CLOCK_MONOTONIC, ms. */
  now(): number;
  /** Calls `action` after `ms`. Returns a function that cancels it. */
  later(action: () => void, ms: number): () => void;
}

export class JournalPace {
  readonly #host: JournalPaceHost;
  readonly #instances = new Map<string, Instance>();

  constructor(host: JournalPaceHost) {
    this.#host = host;
  }

  /** Returns whether the line is to be written; if not, counts it. */
  admits(event: JournalEvent): boolean {
    if (!CAUSED.has(event.type)) return true;
    const now = this.#host.now();
    const instance = this.#instanceOf(event, now);
    if (instance.bucket.tryTake(now)) return true;
    instance.leftOut++;
    instance.kinds.add(event.type);
    instance.cancel ??= this.#host.later(() => {
      instance.cancel = null;
      const line = summary(instance);
      if (line !== null) this.#host.note(line);
    }, SUMMARY_MS);
    return false;
  }

  /** Stops counting. Returns summaries of the lines left out. */
  end(): JournalEvent[] {
    return [...this.#instances.values()]
      .map(instance => {
        instance.cancel?.();
        return summary(instance);
      })
      .filter(line => line !== null);
  }

  #instanceOf(event: JournalEvent, now: number): Instance {
    const worker = 'worker' in event ? event.worker : undefined;
    const number = 'instance' in event ? event.instance : undefined;
    const key = `${String(worker)}/${String(number)}`;
    const known = this.#instances.get(key);
    if (known) return known;
    // Instances that are quiet again are forgotten.
    for (const [name, {bucket, leftOut}] of this.#instances)
      if (leftOut === 0 && bucket.available(now) === RATE.burst) this.#instances.delete(name);
    const names = worker === undefined || number === undefined ? {} : {worker, instance: number};
    const made = {names, bucket: new TokenBucket(RATE, now), leftOut: 0, kinds: new Set<string>(), cancel: null};
    this.#instances.set(key, made);
    return made;
  }
}

/** Returns null if no line was left out since the last summary. */
function summary(instance: Instance): JournalEvent | null {
  if (instance.leftOut === 0) return null;
  const {names, leftOut, kinds} = instance;
  const line: JournalEvent = {type: 'left-out', ...names, count: leftOut, kinds: [...kinds].sort()};
  instance.leftOut = 0;
  instance.kinds.clear();
  return line;
}
