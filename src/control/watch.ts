/** Events that one client gets: those of the past first, then as they happen, with none missing in between. */
import type {EventRecord} from '../journal/record.ts';

const MAX_HELD_EVENTS = 10_000;

export interface WatchHost {
  readonly write: (line: string) => void;
  /** More happens than may wait for the past to be told. */
  readonly overflow: () => void;
}

export class Watch {
  readonly #host: WatchHost;
  #lastSeq: number;
  /** From the first moment on events are held, until the past has been told; null: they are passed on. */
  #held: {readonly seq: number; readonly line: string}[] | null = [];

  constructor(afterSeq: number | undefined, host: WatchHost) {
    this.#lastSeq = afterSeq ?? -1;
    this.#host = host;
  }

  /** One of the past. */
  replay(record: EventRecord): void {
    if (record.seq > this.#lastSeq) this.#pass(record.seq, eventLine(record));
  }

  /** One that happens. `line` is the notification, ready to be sent. */
  event(seq: number, line: string): void {
    if (seq <= this.#lastSeq) return;
    if (this.#held === null) {
      this.#pass(seq, line);
      return;
    }
    this.#held.push({seq, line});
    if (this.#held.length > MAX_HELD_EVENTS) this.#host.overflow();
  }

  /** The past has been told. */
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

/** The notification that carries a journal record. */
export const eventLine = (record: EventRecord): string =>
  JSON.stringify({jsonrpc: '2.0', method: 'event', params: record}) + '\n';
