/**
 * Polls the fleet's supervisor. After a controller is lost or replaced, the feed reconnects as soon as there is another
 * one; until then the last reports are shown and marked as old.
 */
import type {EventRecord} from '../../src/journal/record.ts';
import type {Client} from '../../src/control/client.ts';
import {connectFleet} from '../../src/control/connect.ts';
import {NotRunningError} from '../../src/control/errors.ts';
import {lastRecords} from '../../src/journal/read.ts';
import type {Method, Params, Result} from '../../src/control/messages.ts';
import type {LineageReport, PsReport} from '../../src/control/reports.ts';

/** Maximum records kept for the events view. */
const MOST_EVENTS = 2_000;
/** A controller that does not answer within this time counts as lost. */
const ANSWER_MS = 3_000;

export type Connection = 'connecting' | 'connected' | 'lost' | 'gone';

export interface FeedOptions {
  readonly folder: string;
  readonly name: string;
  /** Called after a change that needs a new frame. */
  readonly changed: () => void;
}

/** A fleet as last reported by its supervisor. */
export interface Fleet {
  readonly folder: string;
  readonly name: string;
  readonly events: readonly EventRecord[];
  readonly ps: PsReport | null;
  readonly lineage: LineageReport | null;
  readonly connection: Connection;
  /** When the connection was lost (Date.now). */
  readonly lostAt: number | null;
  /** Requests new reports. Resolves when they have arrived or the request has timed out. */
  refresh(): Promise<void>;
  /** Sends a request. @throws RpcError, ConnectionLostError */
  call<M extends Method>(method: M, params: Params<M>): Promise<Result<M>>;
}

export class FleetFeed implements Fleet {
  readonly folder: string;
  readonly name: string;
  readonly events: EventRecord[];
  ps: PsReport | null = null;
  lineage: LineageReport | null = null;
  connection: Connection = 'connecting';
  lostAt: number | null = null;
  readonly #changed: () => void;
  #client: Client | null = null;
  #connecting: Promise<void> | null = null;
  #closed = false;

  constructor({folder, name, changed}: FeedOptions) {
    this.folder = folder;
    this.name = name;
    this.#changed = changed;
    this.events = lastRecords(folder, MOST_EVENTS);
  }

  async refresh(): Promise<void> {
    if (this.#closed) return;
    if (this.#client === null) await this.#connect();
    const client = this.#client;
    if (!client) return;
    try {
      const signal = AbortSignal.timeout(ANSWER_MS);
      const [ps, lineage] = await Promise.all([client.call('ps', {}, {signal}), client.call('lineage', {}, {signal})]);
      this.ps = ps;
      this.lineage = lineage;
      this.connection = 'connected';
      this.lostAt = null;
    } catch {
      if (client === this.#client) this.#lose('lost');
    }
  }

  call<M extends Method>(method: M, params: Params<M>): Promise<Result<M>> {
    if (!this.#client) throw new Error('the supervisor does not answer');
    return this.#client.call(method, params);
  }

  close(): void {
    this.#closed = true;
    this.#client?.close();
  }

  #connect(): Promise<void> {
    this.#connecting ??= this.#tryConnect().finally(() => (this.#connecting = null));
    return this.#connecting;
  }

  async #tryConnect(): Promise<void> {
    try {
      const client = await connectFleet(this.folder, {timeoutMs: 0});
      if (this.#closed) {
        client.close();
        return;
      }
      client.onEvent(record => this.#addEvent(record));
      client.onClose(() => {
        if (client !== this.#client) return;
        this.#client = null;
        this.#lose('lost');
      });
      this.#client = client;
      // `watch` responds after it has replayed past events.
      const signal = AbortSignal.timeout(3 * ANSWER_MS);
      await client.call('watch', {afterSeq: this.events.at(-1)?.seq ?? -1}, {signal});
    } catch (error) {
      // If the controller does not answer or accepts no more clients, the next reading retries.
      this.#client?.close();
      this.#lose(error instanceof NotRunningError ? 'gone' : 'lost');
    }
  }

  #lose(how: 'lost' | 'gone'): void {
    this.lostAt ??= Date.now();
    const before = this.connection;
    this.connection = how;
    if (before !== how) this.#changed();
  }

  #addEvent(record: EventRecord): void {
    const last = this.events.at(-1);
    if (last && record.seq <= last.seq) return;
    this.events.push(record);
    if (this.events.length > MOST_EVENTS + 500) this.events.splice(0, this.events.length - MOST_EVENTS);
    this.#changed();
  }
}
