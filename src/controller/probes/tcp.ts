/** Ready when the port accepts a connection. */
import {connect} from 'node:net';
import {poll, type Probe} from './probe.ts';
import {troubleOf} from './trouble.ts';
import type {TcpAddress} from '../../fleet/types.ts';
import {exactDuration} from '../../base/format.ts';

const ATTEMPT_MS = 2_000;

/** Resolves to null on a connection, else to a description of the failure. */
export function reach({host, port}: TcpAddress, timeoutMs: number, signal?: AbortSignal): Promise<string | null> {
  return new Promise(resolve => {
    const socket = connect({host, port});
    const done = (trouble: string | null): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', calledOff);
      socket.destroy();
      resolve(trouble);
    };
    const calledOff = (): void => done('cancelled');
    const timer = setTimeout(() => done(`timed out after ${exactDuration(timeoutMs)}`), timeoutMs);
    signal?.addEventListener('abort', calledOff, {once: true});
    socket.once('connect', () => done(null));
    socket.on('error', error => done(troubleOf(error)));
  });
}

export const tcp: Probe<'tcp'> = (address, {ready}) =>
  poll(signal => reach(address, ATTEMPT_MS, signal), ready, 20, 500);
