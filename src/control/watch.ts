/** Events of one client: past events first, then new ones as they happen, without a gap in between. */
import type {EventRecord} from '../journal/record.ts';

const MAX_HELD_EVENTS = 10_000;

export interface WatchHost {
  readonly write: (line: string) => void;
  /** Called when more events happen than may be held during the replay of past events. */
  readonly overflow: () => void;
}

export class Watch {
  readonly #host: WatchHost;
  #lastSeq: number;
  /** Events held from the start until the replay is complete; null: events are passed on. */
  #held: {readonly seq: number; readonly line: string}[] | null = [];

  constructor(afterSeq: number | undefined, host: WatchHost) {
    this.#lastSeq = afterSeq ?? -1;
    this.#host = host;
  }

  /** Passes on a past event. */
  replay(record: EventRecord): void {
    if (record.seq > this.#lastSeq) this.#pass(record.seq, eventLine(record));
  }

  /** Passes on or holds a new event. `line` is the notification, ready to be sent. */
  event(seq: number, line: string): void {
    if (seq <= this.#lastSeq) return;
    if (this.#held === null) {
      this.#pass(seq, line);
      return;
    }
    this.#held.push({seq, line});
    if (this.#held.length > MAX_HELD_EVENTS) this.#host.overflow();
  }

  /** Ends the replay and passes on the held events. */
  release(): void {
    const held = this.#held ?? [];
    this.#held = null;
    for (const {seq, line} of held) this.event(seq, line);
  }

  #pass(seq: number, line: string): void {
    this.#lastSeq = seq;
    this.#host.write(line);
  }
}

/** Returns the notification that carries a journal record. */
export const eventLine = (record: EventRecord): string =>
  JSON.stringify({jsonrpc: '2.0', method: 'event', params: record}) + '\n';
