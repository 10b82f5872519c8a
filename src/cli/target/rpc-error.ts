/** Converts the controller's errors to messages and exit codes. */
import {RpcError} from '../../control/errors.ts';
import {ErrorCode} from '../../control/messages.ts';
import {CliError, ExitCode} from '../framework/errors.ts';

export function fromRpcError(error: RpcError): CliError {
  const {message, code} = error;
  switch (code) {
    case ErrorCode.unknownTarget: {
      const nearest = nearestOf(error.data);
      const hint = nearest === null || message.includes('did you mean') ? '' : `; did you mean ${nearest}?`;
      return new CliError(ExitCode.failed, message + hint);
    }
    case ErrorCode.timeout:
      return new CliError(ExitCode.timeout, message);
    case ErrorCode.invalidParams:
      return new CliError(ExitCode.usage, message);
    case ErrorCode.methodNotFound:
      return new CliError(
        ExitCode.failed,
        `${message}: the running supervisor is older than this command; run \`brood upgrade\``,
      );
    case ErrorCode.notRecorded:
      return new CliError(ExitCode.failed, `${message}. Nothing was changed: the change could not be recorded.`);
    default:
      return new CliError(ExitCode.failed, message);
  }
}

function nearestOf(data: unknown): string | null {
  return typeof data === 'object' && data !== null && 'nearest' in data && typeof data.nearest === 'string'
    ? data.nearest
    : null;
}
