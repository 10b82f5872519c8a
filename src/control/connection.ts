/** One client of the control server: its lines in, its answers out, and what happens when it misbehaves. */
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

/** Unsent bytes at which no more requests are read from the client until it has read its answers. */
const PAUSE_AT_BYTES = 1024 * 1024;
/** One who is told the past and reads nothing for so long is not waited for any more. */
const PATIENCE_MS = 30_000;
/** In one turn of the event loop no further request of a client is begun after that: the others are waiting. */
const TURN_MS = 1;

export interface ConnectionOptions {
  readonly peer: {readonly uid: number; readonly pid: number};
  readonly isReserved: boolean;
  readonly handlers: Partial<Handlers>;
  readonly onError: (error: unknown) => void;
}

export class Connection implements Place {
  readonly uid: number;
  /** The process at the other end; 0 where it can't be seen from here. */
  readonly pid: number;
  /** Whether it has a place that is kept for floods (`admission.ts`). */
  readonly isReserved: boolean;
  /** When it was accepted (performance.now). */
  readonly since = performance.now();
  readonly #socket: Socket;
  readonly #handlers: Partial<Handlers>;
  readonly #rpc: Rpc;
  readonly #splitter = new LineSplitter(MAX_REQUEST_BYTES);
  readonly #gone = new AbortController();
  /** Requests that have come and were not begun; null: what came next was too long for one. */
  readonly #waiting: (string | null)[] = [];
  #serving = false;
  #ended = false;
  #lasting = false;
  #watch: Watch | null = null;
  #hasAsked = false;
  #lastAsked = this.since;
  /** It ends, and nothing more of it is read or answered. */
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
        // After the answer was sent.
        if (this.#ended) setImmediate(() => this.#endWhenIdle());
      },
    });
    setMaxListeners(0, this.#gone.signal);
    socket.on('data', chunk => this.#handleChunk(chunk));
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

  get hasAsked(): boolean {
    return this.#hasAsked;
  }

  get isAttached(): boolean {
    return this.#lasting;
  }

  /** Since when it asks for nothing; null: a request is under way, or it watches, or it is attached. */
  get idleSince(): number | null {
    const isIdle = this.#rpc.underWay === 0 && this.#waiting.length === 0 && !this.#lasting && this.#watch === null;
    return isIdle ? this.#lastAsked : null;
  }

  destroy(): void {
    this.#socket.destroy();
  }

  /** Ends it to make room for another one, which is said to the client. */
  dismiss(message: string, connections: number, farewells: Farewells): void {
    const underWay = this.#rpc.underWay + this.#waiting.length;
    this.#dismissed = true;
    this.#waiting.length = 0;
    this.#watch = null;
    this.#gone.abort();
    farewells.sendAndClose(this.#socket, busyLine(message, {connections, underWay}));
  }

  /** Sends what was answered so far, then closes. */
  end(): void {
    if (this.#dismissed) return;
    this.#socket.end(() => this.#socket.destroy());
  }

  /** Passes an event on, if this client watches. `line` is the notification, ready to be sent. */
  event(seq: number, line: string): void {
    this.#watch?.event(seq, line);
  }

  #write(line: string): void {
    if (this.#dismissed || this.#socket.destroyed || !this.#socket.writable) return;
    // Looked at before writing: one answer may be larger than the limit, a client that does not read gets no second.
    if (this.#socket.writableLength > MAX_UNSENT_BYTES) {
      this.destroy();
      return;
    }
    this.#socket.write(line);
  }

  #handleChunk(chunk: Buffer): void {
    // What still comes after a line that is too long is thrown away, so that the client can get as far as reading why.
    if (this.#dismissed || this.#waiting.at(-1) === null) return;
    if (!this.#splitter.push(chunk, line => this.#waiting.push(line))) this.#waiting.push(null);
    if (!this.#serving) this.#serve();
  }

  /** Begins some of the requests that wait, and the next ones in a later turn: one client must not keep out the others. */
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
    this.#rpc.refuse(ErrorCode.invalidRequest, `a line may have ${MAX_REQUEST_BYTES} bytes; this connection ends`);
    this.end();
    this.#flow();
  }

  /** Reads from the client only once it has been served, and has read its answers. */
  #flow(): void {
    if (this.#dismissed) return;
    const behind = this.#waiting.length > 0 && this.#waiting.at(-1) !== null;
    if (behind || this.#socket.writableLength > PAUSE_AT_BYTES) this.#socket.pause();
    else this.#socket.resume();
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

  async #startWatch(params: unknown, id: Id): Promise<Result<'watch'>> {
    validateParams('watch', params);
    const watch = new Watch(params.afterSeq, {write: line => this.#write(line), overflow: () => this.destroy()});
    this.#watch = watch;
    try {
      const result = await this.#handle('watch', params, id);
      // The events come after the answer.
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

  /** Where the client has much to read yet: resolves when it has read it, or is gone. Who reads nothing is dropped. */
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
