/** The control socket: accepts authorized clients and sends them events. */
import {formatDuration} from '../base/format.ts';
import type {EventRecord} from '../journal/record.ts';
import {lstatSync, renameSync, rmSync} from 'node:fs';
import {createServer, type Server, type Socket} from 'node:net';
import {admit, holdings, type Verdict} from './admission.ts';
import {Connection} from './connection.ts';
import {busyLine, Farewells} from './farewells.ts';
import type {Handlers} from './handlers.ts';
import {occupantOf, removeDeadBeside, temporaryBeside, type Peer} from './place.ts';
import {socketAddress, type SocketAddress} from './socket-path.ts';
import {eventLine} from './watch.ts';

export interface ControlServerOptions {
  readonly socketPath: string;
  readonly handlers: Partial<Handlers>;
  /**
   * Returns the process at the other end (SO_PEERCRED, unix(7)), or null if the kernel does not report it, which counts
   * as an unauthorized user.
   */
  readonly peerOf: (socket: Socket) => Peer | null;
  readonly allowedUids: ReadonlySet<number>;
  /** Returns whether this server may take the fleet's socket path; called right before the rename. Default: always. */
  readonly mayListen?: () => boolean;
  /**
   * Returns whether a living socket of another process may be replaced: that of an earlier controller, which is frozen
   * or exiting. `peer` is null if the kernel does not report who listens. Default: only a socket of this process.
   */
  readonly mayReplace?: (peer: Peer | null) => boolean;
  /** Called with each unexpected error of a handler; the client receives a plain error response. */
  readonly onError?: (error: unknown) => void;
}

/** Returns null if there is no file at the path or the path is no longer reachable. */
function inodeAt(path: string): number | null {
  try {
    return lstatSync(path, {throwIfNoEntry: false})?.ino ?? null;
  } catch {
    return null;
  }
}

export class ControlServer {
  readonly #options: ControlServerOptions;
  #server: Server;
  readonly #connections = new Set<Connection>();
  readonly #farewells = new Farewells();
  #bound: {temporary: SocketAddress; final: SocketAddress; inode: number} | null = null;
  /** Whether this server should own the socket path: from the first {@link listen} to {@link close}. */
  #isWanted = false;
  #isMoving = false;

  constructor(options: ControlServerOptions) {
    this.#options = options;
    this.#server = this.#create();
  }

  /** Number of connected clients. */
  get connections(): number {
    return this.#connections.size;
  }

  #create(): Server {
    return createServer({allowHalfOpen: true}, socket => this.#accept(socket));
  }

  /**
   * Checks that the fleet's socket is still this server's, and restores it if it was removed or replaced. Returns
   * whether it was restored. Open connections stay.
   */
  async holdPlace(): Promise<boolean> {
    const bound = this.#bound;
    if (!this.#isWanted || this.#isMoving) return false;
    if (bound && inodeAt(bound.final.path) === bound.inode) return false;
    this.#isMoving = true;
    try {
      await this.#mustBeFree();
      this.#bound = null;
      this.#server.close();
      this.#server = this.#create();
      bound?.temporary.release();
      bound?.final.release();
      return await this.#listen();
    } finally {
      this.#isMoving = false;
    }
  }

  /**
   * Listens, with mode 0600 from the first moment. The socket of a dead server, or a living socket that may be
   * replaced, is replaced in one step, so the name always exists. Returns whether this server listens.
   *
   * @throws if another program listens there.
   */
  async listen(): Promise<boolean> {
    this.#isWanted = true;
    this.#isMoving = true;
    try {
      await this.#mustBeFree();
      return await this.#listen();
    } finally {
      this.#isMoving = false;
    }
  }

  /** Throws if a living socket that may not be replaced occupies the name. */
  async #mustBeFree(): Promise<void> {
    const {socketPath, peerOf, mayReplace} = this.#options;
    const final = socketAddress(socketPath);
    try {
      await removeDeadBeside(socketPath, peerOf);
      const occupant = await occupantOf(final.path, peerOf);
      if (typeof occupant === 'string') return;
      const {peer} = occupant;
      if (mayReplace ? mayReplace(peer) : peer?.pid === process.pid) return;
      const who = peer === null || peer.pid === 0 ? 'another program' : `another program (pid ${peer.pid})`;
      throw new Error(`${who} listens on ${socketPath} and is not replaced. Stop it, and remove the socket`);
    } finally {
      final.release();
    }
  }

  async #listen(): Promise<boolean> {
    const {socketPath, peerOf} = this.#options;
    const temporary = socketAddress(await temporaryBeside(socketPath, peerOf));
    const final = socketAddress(socketPath);
    try {
      await this.#bind(temporary.path);
      if (!this.#isWanted || this.#options.mayListen?.() === false) {
        rmSync(temporary.path, {force: true});
        this.#server.close();
        return false;
      }
      renameSync(temporary.path, final.path);
      this.#bound = {temporary, final, inode: lstatSync(final.path).ino};
    } catch (error) {
      this.#server.close();
      temporary.release();
      final.release();
      throw error;
    }
    this.#server.on('error', error => this.#options.onError?.(error));
    return true;
  }

  #bind(path: string): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject);
      // bind(2) happens within listen(), so no other code sees this umask.
      const umask = process.umask(0o177);
      try {
        this.#server.listen(path, () => {
          this.#server.off('error', reject);
          resolve();
        });
      } finally {
        process.umask(umask);
      }
    });
  }

  /**
   * Ends all connections once they have received their responses, and removes the socket if it is still this server's.
   */
  async close(): Promise<void> {
    const bound = this.#bound;
    this.#bound = null;
    this.#isWanted = false;
    // Before the server is closed: until then no other socket can have this inode number.
    if (bound && inodeAt(bound.final.path) === bound.inode) {
      rmSync(bound.final.path, {force: true});
    }
    const closed = new Promise<void>(resolve => this.#server.close(() => resolve()));
    for (const connection of this.#connections) connection.end();
    // Clients that do not read their responses are not waited for.
    const patience = setTimeout(() => this.#destroyAll(), 500);
    await closed;
    clearTimeout(patience);
    bound?.temporary.release();
    bound?.final.release();
  }

  /** Sends a journal record to all clients that watch. */
  broadcastEvent(record: EventRecord): void {
    if (this.#connections.size === 0) return;
    const line = eventLine(record);
    for (const connection of this.#connections) connection.event(record.seq, line);
  }

  #destroyAll(): void {
    for (const connection of this.#connections) connection.destroy();
    this.#farewells.destroyAll();
  }

  #accept(socket: Socket): void {
    const peer = this.#options.peerOf(socket);
    if (peer === null || !this.#options.allowedUids.has(peer.uid)) {
      socket.on('error', () => undefined);
      socket.destroy();
      return;
    }
    const now = performance.now();
    const verdict: Verdict<Connection> = admit([...this.#connections], peer, now);
    if (!verdict.admitted) {
      const connections = this.#connections.size;
      const message = `${connections} clients are connected${this.#mostOf()}, and each has a request in progress or watches; nothing was done: close some of them, or retry in a few seconds`;
      this.#farewells.sendAndClose(socket, busyLine(message, {connections, underWay: 0}));
      return;
    }
    if (verdict.drop) this.#drop(verdict.drop, now);
    const connection = new Connection(socket, {
      peer,
      isReserved: verdict.isReserved,
      handlers: this.#options.handlers,
      onError: error => this.#options.onError?.(error),
    });
    this.#connections.add(connection);
    socket.once('close', () => this.#connections.delete(connection));
  }

  #drop(connection: Connection, now: number): void {
    const connections = this.#connections.size;
    const {idleSince} = connection;
    const why =
      idleSince === null
        ? 'it had held a reserved place the longest'
        : `it had been idle for ${formatDuration(now - idleSince)}`;
    this.#connections.delete(connection);
    connection.dismiss(
      `this connection was closed to make room for a new one: ${connections} clients are connected${this.#mostOf()}, and ${why}; reconnect for the next request`,
      connections,
      this.#farewells,
    );
  }

  /** Returns `, 240 of them from process 4711` if one process holds most of the connections. */
  #mostOf(): string {
    let most = {pid: 0, held: 0};
    for (const [pid, held] of holdings([...this.#connections])) if (held > most.held) most = {pid, held};
    return most.held * 2 > this.#connections.size ? `, ${most.held} of them from process ${most.pid}` : '';
  }
}
