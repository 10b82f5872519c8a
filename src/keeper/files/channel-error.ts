/** A channel that a worker was to inherit and can't; the message says which, why, and what to do. */
export class ChannelError extends Error {
  readonly code: string;
  constructor(message: string, code: string, cause: unknown) {
    super(`${message} (${code})`, {cause});
    this.name = 'ChannelError';
    this.code = code;
  }
}
