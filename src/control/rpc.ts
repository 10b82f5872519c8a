/** JSON-RPC 2.0, server side: turns any line of a client into a response. */
import {RpcError} from './errors.ts';
import {ErrorCode, MAX_BATCH, MAX_UNDER_WAY} from './messages.ts';
import {isObject} from '../base/json.ts';

export type Id = number | string | null;
type Answer = {jsonrpc: '2.0'; id: Id} & ({result: unknown} | {error: {code: number; message: string; data?: unknown}});

const failure = (id: Id, code: number, message: string, data?: unknown): Answer => ({
  jsonrpc: '2.0',
  id,
  error: data === undefined ? {code, message} : {code, message, data},
});

export interface RpcHost {
  /** Executes a request. */
  readonly call: (method: string, params: unknown, id: Id) => Promise<unknown>;
  readonly write: (line: string) => void;
  readonly onError: (error: unknown) => void;
  /** Called when a request is done; its response is sent in a later microtask. */
  readonly done: () => void;
}

export class Rpc {
  readonly #host: RpcHost;
  #underWay = 0;

  constructor(host: RpcHost) {
    this.#host = host;
  }

  /** Number of requests without a response. */
  get underWay(): number {
    return this.#underWay;
  }

  /** Starts the requests of a line. */
  handleLine(line: string): void {
    let message: unknown;
    try {
      message = JSON.parse(line);
    } catch {
      this.refuse(ErrorCode.parse, 'the line is not valid JSON');
      return;
    }
    if (Array.isArray(message)) void this.#batch(message);
    else void this.#request(message).then(answer => answer && this.#send(answer));
  }

  /** Sends an error for input that is not a request. */
  refuse(code: number, message: string): void {
    this.#send(failure(null, code, message));
  }

  #send(message: Answer | readonly Answer[]): void {
    let line: string;
    try {
      line = JSON.stringify(message);
    } catch (error) {
      // The client must not wait for ever for a handler's result that is not JSON.
      this.#host.onError(error);
      const id = 'id' in message ? message.id : null;
      line = JSON.stringify(failure(id, ErrorCode.internal, 'internal error: the result is not valid JSON'));
    }
    this.#host.write(line + '\n');
  }

  async #batch(batch: readonly unknown[]): Promise<void> {
    if (batch.length === 0 || batch.length > MAX_BATCH) {
      this.refuse(ErrorCode.invalidRequest, `a batch must hold 1 to ${MAX_BATCH} requests`);
      return;
    }
    const answers = (await Promise.all(batch.map(one => this.#request(one)))).filter(answer => answer !== null);
    if (answers.length > 0) this.#send(answers);
  }

  /** Returns the response to one request, or null for a notification. Never rejects. */
  async #request(message: unknown): Promise<Answer | null> {
    if (!isObject(message)) return failure(null, ErrorCode.invalidRequest, 'a request must be an object');
    const {jsonrpc, id = null, method} = message;
    const validId = id === null || typeof id === 'number' || typeof id === 'string';
    if (!validId) return failure(null, ErrorCode.invalidRequest, 'id must be a number or a string');
    if (jsonrpc !== '2.0') return failure(id, ErrorCode.invalidRequest, 'jsonrpc must be "2.0"');
    if (typeof method !== 'string') return failure(id, ErrorCode.invalidRequest, 'method must be a string');
    const wantsAnswer = Object.hasOwn(message, 'id');
    if (this.#underWay >= MAX_UNDER_WAY) {
      return wantsAnswer
        ? failure(id, ErrorCode.busy, `${MAX_UNDER_WAY} requests are already in progress on this connection`)
        : null;
    }
    this.#underWay++;
    try {
      const result = await this.#host.call(method, message['params'] ?? {}, id);
      return wantsAnswer ? {jsonrpc: '2.0', id, result} : null;
    } catch (error) {
      if (!(error instanceof RpcError)) this.#host.onError(error);
      if (!wantsAnswer) return null;
      if (error instanceof RpcError) return failure(id, error.code, error.message, error.data);
      return failure(id, ErrorCode.internal, `internal error: ${error instanceof Error ? error.message : 'unknown'}`);
    } finally {
      this.#underWay--;
      this.#host.done();
    }
  }
}
