/** Errors of commands: a message for people and an exit code (docs/guide.md). */

export const ExitCode = {
  done: 0,
  failed: 1,
  usage: 2,
  notRunning: 3,
  timeout: 124,
  interrupted: 130,
} as const;

/** Ends the command with this message on stderr and this exit code. */
export class CliError extends Error {
  override readonly name: string = 'CliError';
  readonly exitCode: number;
  /** Lines below the message. The message is always one line, whatever names it contains. */
  readonly more: readonly string[];

  constructor(exitCode: number, message: string, more: readonly string[] = []) {
    super(message);
    this.exitCode = exitCode;
    this.more = more;
  }
}

/** An invalid command line. The usage is printed below the message. */
export class UsageError extends CliError {
  override readonly name = 'UsageError';

  constructor(message: string) {
    super(ExitCode.usage, message);
  }
}
