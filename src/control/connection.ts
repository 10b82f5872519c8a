/** One client of the control server: its lines in, its answers out, and what happens when it misbehaves. */
import {setMaxListeners} from 'node:events';
import type {Socket} from 'node:net';
import {
  ErrorCode,
  MAX_BATCH,
  MAX_REQUEST_BYTES,
  MAX_UNDER_WAY,
  MAX_UNSENT_BYTES,
  type EventRecord,
  type Method,
  type Params,
  type Progress,
  type Result,
} from './messages.ts';
import {RpcError} from './errors.ts';
import {LineSplitter} from './line-splitter.ts';
import {isMethod, isObject, validateParams} from './params.ts';

/** What a handler may do beside answering. */
export interface CallContext {
  readonly requestId: number | string | null;
  /** The client's process; null where that can't be told. */
  readonly peerPid: number | null;
  /** Aborted when the client is gone: the whole connection, not only this request. */
  readonly signal: AbortSignal;
  /** Tells what is still waited for. */
  readonly progress: (waiting: Progress['waiting']) => void;
  /** For `watch`: sends a record of the past, before those that happen from now on. Rising `seq`; others are left out. */
  readonly replay: (record: EventRecord) => void;
}

export type Handlers = {
  readonly [M in Method]?: (params: Params<M>, context: CallContext) => Promise<Result<M>> | Result<M>;
};

type Id = number | string | null;
type Answer = {jsonrpc: '2.0'; id: Id} & ({result: unknown} | {error: {code: number; message: string; data?: unknown}});

const failure = (id: Id, code: number, message: string, data?: unknown): Answer => ({
  jsonrpc: '2.0',
  id,
  error: data === undefined ? {code, message} : {code, message, data},
});

/** Events that a watcher gets: `held` while its `watch` is under way, then as they happen. */
interface Watch {
  lastSeq: number;
  held: {seq: number; line: string}[] | null;
}

const MAX_HELD_EVENTS = 10_000;
/** Unsent bytes at which no more requests are read from the client until it has read its answers. */
const PAUSE_AT_BYTES = 1024 * 1024;
/** In one turn of the event loop no further request of a client is begun after that: the others are waiting. */
const TURN_MS = 1;

export class Connection {
  readonly #socket: Socket;
  readonly #peerPid: number | null;
  readonly #handlers: Handlers;
  readonly #onError: (error: unknown) => void;
  readonly #splitter = new LineSplitter(MAX_REQUEST_BYTES);
  readonly #gone = new AbortController();
  /** Requests that have come and were not begun; null: what came next was too long for one. */
  readonly #waiting: (string | null)[] = [];
  #serving = false;
  #underWay = 0;
  #ended = false;
  #lasting = false;
  #watch: Watch | null = null;

  constructor(socket: Socket, peerPid: number, handlers: Handlers, onError: (error: unknown) => void) {
    this.#socket = socket;
    this.#peerPid = peerPid > 0 ? peerPid : null;
    this.#handlers = handlers;
    this.#onError = onError;
    setMaxListeners(0, this.#gone.signal);
    socket.on('data', chunk => this.#read(chunk));
    socket.on('drain', () => this.#flow());
    // A client may close its half after its last request (`nc -N`) and still gets its answers. One that stays
    // attached or watches has nothing to wait for once it has closed: it is gone.
    socket.on('end', () => {
      this.#ended = true;
      if (this.#lasting || this.#watch) socket.destroy();
      else this.#endWhenIdle();
    });
    // ECONNRESET, EPIPE: the client is gone, and `close` follows.
    socket.on('error', () => undefined);
    socket.on('close', () => this.#gone.abort());
  }

  destroy(): void {
    this.#socket.destroy();
  }

  /** Sends what was answered so far, then closes. */
  end(): void {
    this.#socket.end(() => this.#socket.destroy());
  }

  /** Passes an event on, if this client watches. `line` is the notification, ready to be sent. */
  event(seq: number, line: string): void {
    const watch = this.#watch;
    if (!watch || seq <= watch.lastSeq) return;
    if (watch.held) {
      watch.held.push({seq, line});
      if (watch.held.length > MAX_HELD_EVENTS) this.destroy();
      return;
    }
    watch.lastSeq = seq;
    this.#write(line);
  }

  #write(line: string): void {
    if (this.#socket.destroyed || !this.#socket.writable) return;
    // Looked at before writing: one answer may be larger than the limit, a client that does not read gets no second.
    if (this.#socket.writableLength > MAX_UNSENT_BYTES) {
      this.destroy();
      return;
    }
    this.#socket.write(line);
  }

  #send(message: Answer | readonly Answer[]): void {
    let line: string;
    try {
      line = JSON.stringify(message);
    } catch (error) {
      // A handler's result that is no JSON; the client must not wait for ever.
      this.#onError(error);
      const id = 'id' in message ? message.id : null;
      line = JSON.stringify(failure(id, ErrorCode.internal, 'internal error: the result is no JSON'));
    }
    this.#write(line + '\n');
  }

  #read(chunk: Buffer): void {
    // What still comes after a line that is too long is thrown away, so that the client can get as far as reading why.
    if (this.#waiting.at(-1) === null) return;
    if (!this.#splitter.push(chunk, line => this.#waiting.push(line))) this.#waiting.push(null);
    if (!this.#serving) this.#serve();
  }

  /** Begins some of the requests that wait, and the next ones in a later turn: one client must not keep out the others. */
  #serve(): void {
    const until = performance.now() + TURN_MS;
    do {
      const line = this.#waiting[0];
      if (line === null) {
        this.#refuse();
        return;
      }
      this.#waiting.shift();
      if (line !== undefined) this.#line(line);
    } while (this.#waiting.length > 0 && performance.now() < until);
    if (this.#socket.destroyed) this.#waiting.length = 0;
    this.#serving = this.#waiting.length > 0;
    if (this.#serving) setImmediate(() => this.#serve());
    else if (this.#ended) this.#endWhenIdle();
    this.#flow();
  }

  #refuse(): void {
    this.#send(
      failure(null, ErrorCode.invalidRequest, `a line may have ${MAX_REQUEST_BYTES} bytes; this connection ends`),
    );
    this.end();
    this.#flow();
  }

  /** Reads from the client only once it has been served, and has read its answers. */
  #flow(): void {
    const behind = this.#waiting.length > 0 && this.#waiting.at(-1) !== null;
    if (behind || this.#socket.writableLength > PAUSE_AT_BYTES) this.#socket.pause();
    else this.#socket.resume();
  }

  #line(line: string): void {
    if (this.#socket.destroyed || line.trim() === '') return;
    let message: unknown;
    try {
      message = JSON.parse(line);
    } catch {
      this.#send(failure(null, ErrorCode.parse, 'this line is no JSON'));
      return;
    }
    if (Array.isArray(message)) void this.#batch(message);
    else void this.#request(message).then(answer => answer && this.#send(answer));
  }

  async #batch(batch: readonly unknown[]): Promise<void> {
    if (batch.length === 0 || batch.length > MAX_BATCH) {
      this.#send(failure(null, ErrorCode.invalidRequest, `a batch holds 1 to ${MAX_BATCH} requests`));
      return;
    }
    const answers = (await Promise.all(batch.map(one => this.#request(one)))).filter(answer => answer !== null);
    if (answers.length > 0) this.#send(answers);
  }

  /** The answer to one request; null where none is due (a notification). Never rejects. */
  async #request(message: unknown): Promise<Answer | null> {
    if (!isObject(message)) return failure(null, ErrorCode.invalidRequest, 'a request is an object');
    const {jsonrpc, id = null, method} = message;
    const validId = id === null || typeof id === 'number' || typeof id === 'string';
    if (!validId) return failure(null, ErrorCode.invalidRequest, 'id must be a number or a string');
    if (jsonrpc !== '2.0') return failure(id, ErrorCode.invalidRequest, 'jsonrpc must be "2.0"');
    if (typeof method !== 'string') return failure(id, ErrorCode.invalidRequest, 'method must be a string');
    const wantsAnswer = Object.hasOwn(message, 'id');
    if (this.#underWay >= MAX_UNDER_WAY) {
      return wantsAnswer ? failure(id, ErrorCode.busy, `${MAX_UNDER_WAY} requests of yours are under way`) : null;
    }
    this.#underWay++;
    try {
      const result = await this.#call(method, message['params'] ?? {}, id);
      return wantsAnswer ? {jsonrpc: '2.0', id, result} : null;
    } catch (error) {
      if (!(error instanceof RpcError)) this.#onError(error);
      if (!wantsAnswer) return null;
      if (error instanceof RpcError) return failure(id, error.code, error.message, error.data);
      return failure(id, ErrorCode.internal, `internal error: ${error instanceof Error ? error.message : 'unknown'}`);
    } finally {
      this.#underWay--;
      // After the answer was sent, which is in a later microtask.
      if (this.#ended) setImmediate(() => this.#endWhenIdle());
    }
  }

  async #call(method: string, params: unknown, id: Id): Promise<unknown> {
    if (!isMethod(method)) {
      throw new RpcError(ErrorCode.methodNotFound, `no method ${JSON.stringify(method.slice(0, 100))}`);
    }
    if (method === 'watch') return this.#startWatch(params, id);
    if (method === 'unwatch') {
      validateParams(method, params);
      this.#watch = null;
      return {};
    }
    if (method === 'attach') this.#lasting = true;
    return this.#handle(method, params, id);
  }

  async #handle<M extends Method>(method: M, params: unknown, id: Id): Promise<Result<M>> {
    const handler: Handlers[M] | undefined = this.#handlers[method];
    if (!handler) throw new RpcError(ErrorCode.methodNotFound, `method ${method} is not served here`);
    validateParams(method, params);
    return handler(params, this.#context(id));
  }

  /** From the first moment on events are held, so that none is lost between the past that is replayed and the present. */
  async #startWatch(params: unknown, id: Id): Promise<Result<'watch'>> {
    validateParams('watch', params);
    const watch: Watch = {lastSeq: params.afterSeq ?? -1, held: []};
    this.#watch = watch;
    try {
      const result = await this.#handle('watch', params, id);
      // The events come after the answer.
      setImmediate(() => {
        const held = watch.held ?? [];
        watch.held = null;
        for (const {seq, line} of held) if (this.#watch === watch) this.event(seq, line);
      });
      return result;
    } catch (error) {
      if (this.#watch === watch) this.#watch = null;
      throw error;
    }
  }

  #context(requestId: Id): CallContext {
    return {
      requestId,
      peerPid: this.#peerPid,
      signal: this.#gone.signal,
      progress: waiting => {
        if (requestId === null) return;
        const params: Progress = {request: requestId, waiting};
        this.#write(JSON.stringify({jsonrpc: '2.0', method: 'progress', params}) + '\n');
      },
      replay: record => {
        const watch = this.#watch;
        if (!watch || record.seq <= watch.lastSeq) return;
        watch.lastSeq = record.seq;
        this.#write(eventLine(record));
      },
    };
  }

  #endWhenIdle(): void {
    if (this.#underWay === 0 && this.#waiting.length === 0) this.end();
  }
}

/** The notification that carries a journal record. */
export const eventLine = (record: EventRecord): string =>
  JSON.stringify({jsonrpc: '2.0', method: 'event', params: record}) + '\n';
