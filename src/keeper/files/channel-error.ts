/** Thrown if a worker can't inherit a channel. The message contains the channel, the reason, and the remedy. */
export class ChannelError extends Error {
  readonly code: string;
  constructor(message: string, code: string, cause: unknown) {
    super(`${message} (${code})`, {cause});
    this.name = 'ChannelError';
    this.code = code;
  }
}
