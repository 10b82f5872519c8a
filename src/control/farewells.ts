/** Connections that are closed with a reason. They occupy no place, and their number and time are limited. */
import type {Socket} from 'node:net';
import {ErrorCode} from './messages.ts';

/** Further connections are closed without a reason. */
const MOST = 64;
const PATIENCE_MS = 1_000;

/** Error data for a client whose connection is refused or closed to make room. */
export interface Busy {
  /** Number of served connections. */
  readonly connections: number;
  /** Requests of the client that were under way: it is unknown whether they are executed. 0: nothing was done. */
  readonly underWay: number;
}

/** Returns the error line, which answers no request. */
export const busyLine = (message: string, data: Busy): string =>
  JSON.stringify({jsonrpc: '2.0', id: null, error: {code: ErrorCode.busy, message, data}}) + '\n';

export class Farewells {
  readonly #sockets = new Set<Socket>();

  /** Sends the line, then closes. Input that still arrives is discarded, so that the client can read the reason. */
  sendAndClose(socket: Socket, line: string): void {
    socket.on('error', () => undefined);
    if (this.#sockets.size >= MOST || socket.destroyed) {
      socket.destroy();
      return;
    }
    this.#sockets.add(socket);
    const timer = setTimeout(() => socket.destroy(), PATIENCE_MS).unref();
    socket.once('close', () => {
      clearTimeout(timer);
      this.#sockets.delete(socket);
    });
    // Closing a socket with unread bytes resets its peer, which then may not read what it was sent (unix(7)).
    socket.resume();
    socket.end(line);
  }

  /** Destroys the remaining connections. */
  destroyAll(): void {
    for (const socket of this.#sockets) socket.destroy();
  }
}
