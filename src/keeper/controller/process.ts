/** One controller: a process, and the keeper's end of the link to it. */
import {spawn} from 'node:child_process';
import {closeSync} from 'node:fs';
import {Socket} from 'node:net';
import {Lines} from '../../link/lines.ts';
import type {Fact} from '../../link/facts.ts';
import type {Order} from '../../link/orders.ts';
import {LINK_FD, STORE_FD} from '../../link/descriptors.ts';
import {socketPair} from '../../posix/socketpair.ts';
import {writeError} from '../../posix/standard-error.ts';

/** How long the end of a process may be reported after its link was seen to close. */
const TOLD_MS = 500;

export interface ControllerEvents {
  readonly order: (order: Order) => void;
  /** Handles the end of the process: its exit code or signal, in words. */
  readonly ended: (how: string) => void;
}

export class ControllerProcess {
  readonly pid: number;
  /** The keeper's end of the link. */
  readonly fd: number;
  /** Whether libuv waits for the process; if not, the reaper does. */
  readonly isSpawned: boolean;
  readonly startedAt = performance.now();
  readonly #socket: Socket;
  #events: ControllerEvents;
  #ended: string | null = null;

  private constructor(pid: number, fd: number, isSpawned: boolean, events: ControllerEvents) {
    this.pid = pid;
    this.fd = fd;
    this.isSpawned = isSpawned;
    this.#events = events;
    this.#socket = new Socket({fd, readable: true, writable: true});
    // Only a controller of this keeper holds the other end.
    const lines = new Lines(line => this.#events.order(JSON.parse(line) as Order));
    this.#socket.setEncoding('utf8');
    this.#socket.on('data', (chunk: string) => lines.push(chunk));
    this.#socket.on('error', () => {});
  }

  /**
   * Starts a controller. Throws if the machine has no room for it (`EMFILE`, `EAGAIN`, `ENOMEM`).
   *
   * @param store descriptor that the controller is to hold open; null: none
   */
  static start(
    [program = process.execPath, ...args]: readonly string[],
    store: number | null,
    events: ControllerEvents,
  ): ControllerProcess {
    const [own, others] = socketPair();
    try {
      const stdio: ('ignore' | 'inherit' | number)[] = ['ignore', 'inherit', 'inherit'];
      stdio[LINK_FD] = others;
      stdio[STORE_FD] = store ?? 'ignore';
      const child = spawn(program, args, {stdio});
      child.on('error', error => writeError(`brood keeper: ${error.message}\n`));
      if (child.pid === undefined) throw new Error(`${program} can't be started`);
      const started = new ControllerProcess(child.pid, own, true, events);
      child.on('exit', (code, signal) => started.endProcess(signal ?? `exit code ${code ?? '?'}`));
      return started;
    } catch (error) {
      closeSync(own);
      throw error;
    } finally {
      closeSync(others);
    }
  }

  /** Adopts a controller that an earlier image of this process has started. */
  static takeUp(pid: number, fd: number, events: ControllerEvents): ControllerProcess {
    const taken = new ControllerProcess(pid, fd, false, events);
    // The reaper reports how the process ended, unless it reaped the process before its owner was known.
    taken.#socket.on('close', () => setTimeout(() => taken.endProcess('its link closed'), TOLD_MS));
    return taken;
  }

  /** How the process ended; null while it lives. */
  get ended(): string | null {
    return this.#ended;
  }

  /** Passes all further events to another recipient. */
  handTo(events: ControllerEvents): void {
    this.#events = events;
  }

  send(fact: Fact): void {
    if (this.#ended !== null) return;
    // All facts of one turn go in one write, and the controller handles them in one turn.
    if (this.#socket.writableCorked === 0) {
      this.#socket.cork();
      setImmediate(() => this.#socket.uncork());
    }
    this.#socket.write(`${JSON.stringify(fact)}\n`);
  }

  /** Closes the link, on which the controller exits. */
  hangUp(): void {
    this.#socket.end();
  }

  kill(signal: NodeJS.Signals): void {
    // No other process waits for it, so its pid is its own until its end is reported.
    if (this.#ended === null) process.kill(this.pid, signal);
  }

  /** Handles the end of the process. */
  endProcess(how: string): void {
    if (this.#ended !== null) return;
    this.#ended = how;
    this.#socket.destroy();
    this.#events.ended(how);
  }
}
