/** Ready when a GET returns a status from 200 to 399. Redirects are an answer, and are not followed. */
import {request as requestHttp} from 'node:http';
import {request as requestHttps} from 'node:https';
import {poll, type Probe} from './probe.ts';
import {troubleOf} from './trouble.ts';
import {exactDuration} from '../../base/format.ts';

const ATTEMPT_MS = 2_000;
/** Most bytes read of a body; the rest is not waited for. */
const BODY_BYTES = 1024 * 1024;

/**
 * Resolves to null for a good answer, else to a description of the failure. The timeout covers everything: name,
 * connection, TLS, headers, body. The connection is not shared and is closed afterwards.
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
      // Later errors of the socket do not matter.
      request.on('error', () => {});
      request.destroy();
      resolve(trouble);
    };
    const calledOff = (): void => done('cancelled');
    const timer = setTimeout(() => done(`timed out after ${exactDuration(timeoutMs)}`), timeoutMs);
    signal?.addEventListener('abort', calledOff, {once: true});
    request.once('error', error => done(troubleOf(error)));
    // Emitted without an error or a response if the server switches to another protocol.
    request.once('close', () => done('the connection was closed before the response'));
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
