/** The client's end of the control socket: typed calls, progress, and events as they happen. */
import type {EventRecord} from '../journal/record.ts';
import type {Socket} from 'node:net';
import {ErrorCode, type Method, type Params, type Progress, type Result} from './messages.ts';
import {BusyError, ConnectionLostError, RpcError} from './errors.ts';
import {LineSplitter} from './line-splitter.ts';
import {isObject} from '../base/json.ts';

/** Maximum bytes of a response. */
const MAX_ANSWER_BYTES = 256 * 1024 * 1024;

export interface CallOptions {
  readonly onProgress?: (waiting: Progress['waiting']) => void;
  /** Cancels the wait, not the request. */
  readonly signal?: AbortSignal;
}

interface Pending {
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: Error) => void;
  readonly onProgress: ((waiting: Progress['waiting']) => void) | undefined;
}

/** A connection to a fleet's controller. Keeps the program alive only while a response is pending. */
export class Client {
  readonly #socket: Socket;
  readonly #pending = new Map<number, Pending>();
  readonly #listeners = new Set<(record: EventRecord) => void>();
  readonly #onClose = new Set<() => void>();
  #nextId = 1;
  /** Number of watches and `ref` calls that keep the program alive. */
  #holds = 0;
  #watchers = 0;
  #closed = false;
  /** Why the controller ends this connection, once it has sent a reason. */
  #busy: BusyError | null = null;

  /** @param socket a connected socket; use `connectFleet`. */
  constructor(socket: Socket) {
    this.#socket = socket;
    const splitter = new LineSplitter(MAX_ANSWER_BYTES);
    socket.on('data', chunk => {
      if (!splitter.push(chunk, line => this.#line(line))) socket.destroy();
    });
    socket.on('error', () => undefined);
    socket.on('close', () => this.#lost());
    socket.unref();
  }

  get closed(): boolean {
    return this.#closed;
  }

  /**
   * Calls a method and waits for its response.
   *
   * @throws RpcError with the code and message of the controller; ConnectionLostError, which may be a BusyError.
   */
  call<M extends Method>(method: M, params: Params<M>, options: CallOptions = {}): Promise<Result<M>> {
    return new Promise((resolve, reject) => {
      if (this.#closed) {
        reject(this.#busy ?? lost());
        return;
      }
      options.signal?.throwIfAborted();
      const id = this.#nextId++;
      const abort = () => this.#settle(id)?.reject(new DOMException('the call was cancelled', 'AbortError'));
      options.signal?.addEventListener('abort', abort, {once: true});
      const forget = () => options.signal?.removeEventListener('abort', abort);
      this.#pending.set(id, {
        resolve: result => {
          forget();
          // The controller belongs to this user and this program, so its responses are trusted to have the shape of
          // `Methods`.
          resolve(result as Result<M>);
        },
        reject: error => {
          forget();
          reject(error);
        },
        onProgress: options.onProgress,
      });
      this.#socket.ref();
      this.#socket.write(JSON.stringify({jsonrpc: '2.0', id, method, params}) + '\n');
    });
  }

  /** Calls `listener` with each event, once `watch` was called. Returns a function that removes the listener. */
  onEvent(listener: (record: EventRecord) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Calls `listener` when the connection has ended. Returns a function that removes the listener. */
  onClose(listener: () => void): () => void {
    if (this.#closed) listener();
    else this.#onClose.add(listener);
    return () => this.#onClose.delete(listener);
  }

  /**
   * Yields events as they happen; with `afterSeq`, the later past events first. Ends when the connection ends or the
   * loop is left. A slow reader accumulates events in memory.
   */
  async *watch(params: Params<'watch'> = {}): AsyncGenerator<EventRecord, void, void> {
    const queue: EventRecord[] = [];
    let wake = (): void => undefined;
    const forget = this.onEvent(record => {
      queue.push(record);
      wake();
    });
    const stay = this.onClose(() => wake());
    this.ref();
    this.#watchers++;
    try {
      await this.call('watch', params);
      for (;;) {
        const batch = queue.splice(0);
        yield* batch;
        if (batch.length > 0) continue;
        if (this.#closed) return;
        await new Promise<void>(resolve => (wake = resolve));
      }
    } finally {
      forget();
      stay();
      this.unref();
      if (--this.#watchers === 0 && !this.#closed) void this.call('unwatch', {}).catch(() => undefined);
    }
  }

  /** Keeps the program alive as long as the connection lasts, until {@link unref} was called as often. */
  ref(): void {
    this.#holds++;
    this.#socket.ref();
  }

  unref(): void {
    this.#holds--;
    this.#unrefWhenIdle();
  }

  close(): void {
    this.#socket.destroy();
  }

  #line(line: string): void {
    let message: unknown;
    try {
      message = JSON.parse(line);
    } catch {
      return;
    }
    if (!isObject(message)) return;
    const {id, method, params, error} = message;
    if (method === 'event' && isEvent(params)) for (const listener of this.#listeners) listener(params);
    else if (method === 'progress' && isProgress(params)) {
      this.#pending.get(Number(params.request))?.onProgress?.(params.waiting);
    } else if (typeof id === 'number') {
      const pending = this.#settle(id);
      if (isObject(error)) pending?.reject(toError(error));
      else pending?.resolve(message['result']);
    } else if (isObject(error) && error['code'] === ErrorCode.busy) {
      const {data} = error;
      this.#busy = new BusyError(toError(error).message, isObject(data) && data['underWay'] === 0);
    }
  }

  #settle(id: number): Pending | undefined {
    const pending = this.#pending.get(id);
    this.#pending.delete(id);
    this.#unrefWhenIdle();
    return pending;
  }

  #unrefWhenIdle(): void {
    if (this.#pending.size === 0 && this.#holds === 0) this.#socket.unref();
  }

  #lost(): void {
    this.#closed = true;
    const pending = [...this.#pending.values()];
    this.#pending.clear();
    for (const {reject} of pending) reject(this.#busy ?? lost());
    for (const listener of this.#onClose) listener();
  }
}

const lost = () =>
  new ConnectionLostError(
    'the connection to the supervisor ended before it answered; query the fleet to see what it did',
  );

const toError = (error: Record<string, unknown>): RpcError =>
  new RpcError(
    typeof error['code'] === 'number' ? error['code'] : ErrorCode.internal,
    typeof error['message'] === 'string' ? error['message'] : 'unknown error',
    error['data'],
  );

const isEvent = (params: unknown): params is EventRecord =>
  isObject(params) && typeof params['seq'] === 'number' && typeof params['type'] === 'string';
const isProgress = (params: unknown): params is Progress =>
  isObject(params) && ['number', 'string'].includes(typeof params['request']) && Array.isArray(params['waiting']);
