/** Describes errors of connections. */
import {errorCode} from '../../base/errors.ts';
const WORDS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'the connection was closed before the response',
  EPIPE: 'the connection was closed before the response',
  EHOSTUNREACH: 'host unreachable',
  ENETUNREACH: 'network unreachable',
  ENOTFOUND: 'no such host',
  EAI_AGAIN: 'temporary failure in name resolution',
  ETIMEDOUT: 'connection timed out',
  EADDRNOTAVAIL: 'no free port for the connection',
  EMFILE: 'no free descriptor',
};

export function troubleOf(error: Error): string {
  const code = errorCode(error, '');
  if (code.startsWith('HPE_')) return `invalid HTTP response (${error.message})`;
  return WORDS[code] ?? (error.message || code || 'unknown');
}
