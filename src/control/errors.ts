/** Errors of the control socket, on either end. */

/** A request that fails with a JSON-RPC error. `code` is one of {@link ErrorCode}. */
export class RpcError extends Error {
  override readonly name = 'RpcError';
  readonly code: number;
  readonly data: unknown;

  constructor(code: number, message: string, data?: unknown) {
    super(message);
    this.code = code;
    this.data = data;
  }
}

/** No server listens: the fleet has no supervisor. Exit code 3 of the command line. */
export class NotRunningError extends Error {
  override readonly name = 'NotRunningError';
  readonly folder: string;

  constructor(folder: string, message: string) {
    super(message);
    this.folder = folder;
  }
}

/** The connection ended before the response arrived. It is unknown whether the request was executed. */
export class ConnectionLostError extends Error {
  override readonly name: string = 'ConnectionLostError';
}

/** The controller has refused or closed the connection because too many clients are connected. */
export class BusyError extends ConnectionLostError {
  override readonly name = 'BusyError';
  /** True if none of the unanswered requests on this connection was executed; false if that is unknown. */
  readonly nothingDone: boolean;

  constructor(message: string, nothingDone: boolean) {
    super(message);
    this.nothingDone = nothingDone;
  }
}

/** The given options do not identify a fleet. */
export class FleetChoiceError extends Error {
  override readonly name = 'FleetChoiceError';
  /**
   * `missing`: there is no such fleet; `ambiguous`: several match; `invalid`: the fleet file does not determine one.
   */
  readonly kind: 'missing' | 'ambiguous' | 'invalid';
  /** Lines below the message. */
  readonly more: readonly string[];

  constructor(kind: 'missing' | 'ambiguous' | 'invalid', message: string, more: readonly string[] = []) {
    super(message);
    this.kind = kind;
    this.more = more;
  }
}
