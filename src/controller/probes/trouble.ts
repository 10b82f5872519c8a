/** Describes errors of connections. */
import {errorCode} from '../../base/errors.ts';
const WORDS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'the connection was closed before the answer',
  EPIPE: 'the connection was closed before the answer',
  EHOSTUNREACH: 'the host can not be reached',
  ENETUNREACH: 'the network can not be reached',
  ENOTFOUND: 'there is no such host',
  EAI_AGAIN: 'the host’s name can not be looked up now',
  ETIMEDOUT: 'the connection timed out',
  EADDRNOTAVAIL: 'no port is free for the connection',
  EMFILE: 'no descriptor is free',
};

export function troubleOf(error: Error): string {
  const code = errorCode(error, '');
  if (code.startsWith('HPE_')) return `no valid HTTP answer (${error.message})`;
  return WORDS[code] ?? (error.message || code || 'unknown');
}
