/** One client of the control server: reads its lines, sends responses, and limits misbehaving clients. */
import {setMaxListeners} from 'node:events';
import type {Socket} from 'node:net';
import type {Place} from './admission.ts';
import {RpcError} from './errors.ts';
import {busyLine, type Farewells} from './farewells.ts';
import type {CallContext, Handlers} from './handlers.ts';
import {LineSplitter} from './line-splitter.ts';
import {ErrorCode, MAX_REQUEST_BYTES, MAX_UNSENT_BYTES, type Method, type Progress, type Result} from './messages.ts';
import {isMethod, validateParams} from './params.ts';
import {Rpc, type Id} from './rpc.ts';
import {Watch} from './watch.ts';

/** Unsent bytes at which the server stops reading requests from the client until it has read its responses. */
const PAUSE_AT_BYTES = 1024 * 1024;
/** A client that reads nothing of a replay for this long is dropped. */
const PATIENCE_MS = 30_000;
/** In one turn of the event loop, no further request of a client is started after this time: the other clients wait. */
const TURN_MS = 1;

export interface ConnectionOptions {
  readonly peer: {readonly uid: number; readonly pid: number};
  readonly isReserved: boolean;
  readonly handlers: Partial<Handlers>;
  readonly onError: (error: unknown) => void;
}

export class Connection implements Place {
  readonly uid: number;
  /** The process at the other end; 0 if it is not visible from here. */
  readonly pid: number;
  /** Whether the connection has a place reserved for floods (`admission.ts`). */
  readonly isReserved: boolean;
  /** Time of acceptance (performance.now). */
  readonly since = performance.now();
  readonly #socket: Socket;
  readonly #handlers: Partial<Handlers>;
  readonly #rpc: Rpc;
  readonly #splitter = new LineSplitter(MAX_REQUEST_BYTES);
  readonly #gone = new AbortController();
  /** Requests received and not yet started; null marks a line that was too long. */
  readonly #waiting: (string | null)[] = [];
  #serving = false;
  #ended = false;
  #lasting = false;
  #watch: Watch | null = null;
  #hasAsked = false;
  #lastAsked = this.since;
  /** The connection is ending: no further input is read and no response sent. */
  #dismissed = false;

  constructor(socket: Socket, {peer, isReserved, handlers, onError}: ConnectionOptions) {
    this.uid = peer.uid;
    this.pid = peer.pid;
    this.isReserved = isReserved;
    this.#socket = socket;
    this.#handlers = handlers;
    this.#rpc = new Rpc({
      call: (method, params, id) => this.#call(method, params, id),
      write: line => this.#write(line),
      onError,
      done: () => {
        this.#lastAsked = performance.now();
        // After the response is sent.
        if (this.#ended) setImmediate(() => this.#endWhenIdle());
      },
    });
    setMaxListeners(0, this.#gone.signal);
    socket.on('data', chunk => this.#handleChunk(chunk));
    socket.on('drain', () => this.#flow());
    // A client may close its half after its last request (`nc -N`) and still receives its responses. A client that is
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

  get hasAsked(): boolean {
    return this.#hasAsked;
  }

  get isAttached(): boolean {
    return this.#lasting;
  }

  /** Start of the idle time, or null if a request is under way or the client watches or is attached. */
  get idleSince(): number | null {
    const isIdle = this.#rpc.underWay === 0 && this.#waiting.length === 0 && !this.#lasting && this.#watch === null;
    return isIdle ? this.#lastAsked : null;
  }

  destroy(): void {
    this.#socket.destroy();
  }

  /** Closes the connection to make room for another one, and sends the client the reason. */
  dismiss(message: string, connections: number, farewells: Farewells): void {
    const underWay = this.#rpc.underWay + this.#waiting.length;
    this.#dismissed = true;
    this.#waiting.length = 0;
    this.#watch = null;
    this.#gone.abort();
    farewells.sendAndClose(this.#socket, busyLine(message, {connections, underWay}));
  }

  /** Sends the pending responses, then closes. */
  end(): void {
    if (this.#dismissed) return;
    this.#socket.end(() => this.#socket.destroy());
  }

  /** Sends an event if this client watches. `line` is the notification, ready to be sent. */
  event(seq: number, line: string): void {
    this.#watch?.event(seq, line);
  }

  #write(line: string): void {
    if (this.#dismissed || this.#socket.destroyed || !this.#socket.writable) return;
    // Checked before the write: one response may exceed the limit, but a client that does not read gets no second one.
    if (this.#socket.writableLength > MAX_UNSENT_BYTES) {
      this.destroy();
      return;
    }
    this.#socket.write(line);
  }

  #handleChunk(chunk: Buffer): void {
    // Input after a line that is too long is discarded, so that the client can read the error.
    if (this.#dismissed || this.#waiting.at(-1) === null) return;
    if (!this.#splitter.push(chunk, line => this.#waiting.push(line))) this.#waiting.push(null);
    if (!this.#serving) this.#serve();
  }

  /** Starts some of the waiting requests, and the next ones in a later turn: one client must not starve the others. */
  #serve(): void {
    if (this.#dismissed) return;
    const until = performance.now() + TURN_MS;
    do {
      const line = this.#waiting[0];
      if (line === null) {
        this.#refuse();
        return;
      }
      this.#waiting.shift();
      if (line === undefined || line.trim() === '' || this.#socket.destroyed) continue;
      this.#hasAsked = true;
      this.#lastAsked = performance.now();
      this.#rpc.handleLine(line);
    } while (this.#waiting.length > 0 && performance.now() < until);
    if (this.#socket.destroyed) this.#waiting.length = 0;
    this.#serving = this.#waiting.length > 0;
    if (this.#serving) setImmediate(() => this.#serve());
    else if (this.#ended) this.#endWhenIdle();
    this.#flow();
  }

  #refuse(): void {
    this.#rpc.refuse(
      ErrorCode.invalidRequest,
      `a line can have at most ${MAX_REQUEST_BYTES} bytes; the connection is closed`,
    );
    this.end();
    this.#flow();
  }

  /** Reads from the client only once its requests are started and its responses read. */
  #flow(): void {
    if (this.#dismissed) return;
    const behind = this.#waiting.length > 0 && this.#waiting.at(-1) !== null;
    if (behind || this.#socket.writableLength > PAUSE_AT_BYTES) this.#socket.pause();
    else this.#socket.resume();
  }

  async #call(method: string, params: unknown, id: Id): Promise<unknown> {
    if (!isMethod(method)) {
      throw new RpcError(ErrorCode.methodNotFound, `unknown method ${JSON.stringify(method.slice(0, 100))}`);
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
    if (!handler) throw new RpcError(ErrorCode.methodNotFound, `method ${method} is not available here`);
    validateParams(method, params);
    return handler(params, this.#context(id));
  }

  async #startWatch(params: unknown, id: Id): Promise<Result<'watch'>> {
    validateParams('watch', params);
    const watch = new Watch(params.afterSeq, {write: line => this.#write(line), overflow: () => this.destroy()});
    this.#watch = watch;
    try {
      const result = await this.#handle('watch', params, id);
      // Events follow the response.
      setImmediate(() => {
        if (this.#watch === watch) watch.release();
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
      peerPid: this.pid > 0 ? this.pid : null,
      signal: this.#gone.signal,
      progress: waiting => {
        if (requestId === null) return;
        const params: Progress = {request: requestId, waiting};
        this.#write(JSON.stringify({jsonrpc: '2.0', method: 'progress', params}) + '\n');
      },
      replay: record => {
        this.#watch?.replay(record);
        return this.#behind();
      },
    };
  }

  /**
   * If the client has much left to read, returns a promise that resolves when the client has read it or is gone. A
   * client that reads nothing is dropped.
   */
  #behind(): Promise<void> | null {
    if (this.#socket.destroyed || this.#socket.writableLength <= PAUSE_AT_BYTES) return null;
    return new Promise(resolve => {
      const patience = setTimeout(() => this.destroy(), PATIENCE_MS);
      const done = (): void => {
        clearTimeout(patience);
        this.#socket.off('drain', done);
        this.#gone.signal.removeEventListener('abort', done);
        resolve();
      };
      this.#socket.on('drain', done);
      this.#gone.signal.addEventListener('abort', done, {once: true});
    });
  }

  #endWhenIdle(): void {
    if (this.#rpc.underWay === 0 && this.#waiting.length === 0) this.end();
  }
}
