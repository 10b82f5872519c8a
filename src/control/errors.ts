/** What can go wrong on the control socket, seen from either end. */

/** A request that is answered with a JSON-RPC error. `code` is one of {@link ErrorCode}. */
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

/** Nobody listens: the fleet has no supervisor. Exit code 3 of the command line. */
export class NotRunningError extends Error {
  override readonly name = 'NotRunningError';
  readonly folder: string;

  constructor(folder: string, message: string) {
    super(message);
    this.folder = folder;
  }
}

/** The connection ended before the answer came. Whether the request was carried out is not known. */
export class ConnectionLostError extends Error {
  override readonly name: string = 'ConnectionLostError';
}

/** The controller has refused or closed the connection, since too many clients are connected. */
export class BusyError extends ConnectionLostError {
  override readonly name = 'BusyError';
  /** Nothing of what was asked on this connection and not answered is done; false: that is not known. */
  readonly nothingDone: boolean;

  constructor(message: string, nothingDone: boolean) {
    super(message);
    this.nothingDone = nothingDone;
  }
}

/** Which fleet is meant can't be told from what was given. */
export class FleetChoiceError extends Error {
  override readonly name = 'FleetChoiceError';
  /** `missing`: there is no such fleet; `ambiguous`: several match; `invalid`: the fleet file does not say which. */
  readonly kind: 'missing' | 'ambiguous' | 'invalid';
  /** Lines below the message. */
  readonly more: readonly string[];

  constructor(kind: 'missing' | 'ambiguous' | 'invalid', message: string, more: readonly string[] = []) {
    super(message);
    this.kind = kind;
    this.more = more;
  }
}
