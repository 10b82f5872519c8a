/** A GET that is answered with a status from 200 to 399. Redirects are an answer, and are not followed. */
import {request as requestHttp} from 'node:http';
import {request as requestHttps} from 'node:https';
import {poll, type Probe} from './probe.ts';
import {troubleOf} from './trouble.ts';
import {formatDuration} from '../../base/format.ts';

const ATTEMPT_MS = 2_000;
/** Of a body, so much is read; what comes after is not waited for. */
const BODY_BYTES = 1024 * 1024;

/**
 * Null where it was answered well, else what was wrong, in words. The time is for all of it: name, connection, TLS, headers,
 * body. The connection is one of its own and is closed afterwards.
 */
export function get(url: string, timeoutMs: number, signal?: AbortSignal): Promise<string | null> {
  return new Promise(resolve => {
    const request = (url.startsWith('https:') ? requestHttps : requestHttp)(url, {
      agent: false,
      headers: {'user-agent': 'brood', accept: '*/*', connection: 'close'},
    });
    const done = (trouble: string | null): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', calledOff);
      // What its socket may still have to say is of no interest.
      request.on('error', () => {});
      request.destroy();
      resolve(trouble);
    };
    const calledOff = (): void => done('it was not wanted any more');
    const timer = setTimeout(() => done(`timed out after ${formatDuration(timeoutMs)}`), timeoutMs);
    signal?.addEventListener('abort', calledOff, {once: true});
    request.once('error', error => done(troubleOf(error)));
    // Where neither an error nor an answer was told of, as with a protocol that it switched to.
    request.once('close', () => done('the connection was closed before the answer'));
    request.once('response', response => {
      const {statusCode = 0, statusMessage = ''} = response;
      const verdict = statusCode >= 200 && statusCode < 400 ? null : `status ${statusCode} ${statusMessage}`.trimEnd();
      let bytes = 0;
      response.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
        if (bytes > BODY_BYTES) done(verdict);
      });
      response.once('end', () => done(verdict));
      response.once('error', error => done(troubleOf(error)));
    });
    request.end();
  });
}

export const http: Probe<'http'> = ({url}, {ready}) => poll(signal => get(url, ATTEMPT_MS, signal), ready, 50, 500);
