/** Connections that are told why they end. They hold no place, and both their number and their time are limited. */
import type {Socket} from 'node:net';
import {ErrorCode} from './messages.ts';

/** More than that end without a word. */
const MOST = 64;
const PATIENCE_MS = 1_000;

/** What a client is told whose connection is refused or closed to make room. */
export interface Busy {
  /** Connections that are served. */
  readonly connections: number;
  /** Its requests that were under way: whether they are carried out, the client does not learn. 0: nothing was done. */
  readonly underWay: number;
}

/** The line that says so: an error that answers no request. */
export const busyLine = (message: string, data: Busy): string =>
  JSON.stringify({jsonrpc: '2.0', id: null, error: {code: ErrorCode.busy, message, data}}) + '\n';

export class Farewells {
  readonly #sockets = new Set<Socket>();

  /** Sends the line, then closes. Nothing that still comes is read: a client gets as far as reading why. */
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
    // A socket that is closed with unread bytes resets its peer, which then may not read what it was sent (unix(7)).
    socket.resume();
    socket.end(line);
  }

  /** Ends those that have not gone yet. */
  destroyAll(): void {
    for (const socket of this.#sockets) socket.destroy();
  }
}
