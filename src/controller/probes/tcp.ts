/** Ready when the port accepts a connection. */
import {connect} from 'node:net';
import {poll, type Probe} from './probe.ts';

const ATTEMPT_MS = 2_000;

export const tryConnect = (host: string, port: number, timeoutMs: number): Promise<boolean> =>
  new Promise(resolve => {
    const socket = connect({host, port});
    const done = (yes: boolean): void => {
      socket.destroy();
      resolve(yes);
    };
    socket.setTimeout(timeoutMs, () => done(false));
    socket.on('connect', () => done(true));
    socket.on('error', () => done(false));
  });

export const tcp: Probe<'tcp'> = ({host, port}, {ready}) =>
  poll(() => tryConnect(host, port, ATTEMPT_MS), ready, 20, 500);
