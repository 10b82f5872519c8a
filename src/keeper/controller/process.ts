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

/** How long the end of a process may be told after its link was seen to close. */
const TOLD_MS = 500;

export interface ControllerEvents {
  readonly order: (order: Order) => void;
  /** It has ended: its exit code or signal, in words. */
  readonly ended: (how: string) => void;
}

export class ControllerProcess {
  readonly pid: number;
  /** The keeper's end of the link. */
  readonly fd: number;
  /** Whether libuv waits for it; if not, the reaper does. */
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
    const lines = new Lines(line => this.#events.order(JSON.parse(line) as Order)); // only our own controller holds the other end
    this.#socket.setEncoding('utf8');
    this.#socket.on('data', (chunk: string) => lines.push(chunk));
    this.#socket.on('error', () => {});
  }

  /**
   * Starts one. Throws where the machine has no room for it (`EMFILE`, `EAGAIN`, `ENOMEM`).
   *
   * @param store a descriptor that it is to hold open; null: none
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

  /** One that an earlier image of this process has started. */
  static takeUp(pid: number, fd: number, events: ControllerEvents): ControllerProcess {
    const taken = new ControllerProcess(pid, fd, false, events);
    // The reaper says how it ended, unless that was before anybody knew whose child it is.
    taken.#socket.on('close', () => setTimeout(() => taken.endProcess('its link closed'), TOLD_MS));
    return taken;
  }

  /** How it ended; null while it lives. */
  get ended(): string | null {
    return this.#ended;
  }

  /** From now on somebody else hears of it. */
  handTo(events: ControllerEvents): void {
    this.#events = events;
  }

  send(fact: Fact): void {
    if (this.#ended !== null) return;
    // All that is said in one turn goes in one write, and the controller takes one turn for it.
    if (this.#socket.writableCorked === 0) {
      this.#socket.cork();
      setImmediate(() => this.#socket.uncork());
    }
    this.#socket.write(`${JSON.stringify(fact)}\n`);
  }

  /** It is to leave, which it does when the link closes. */
  hangUp(): void {
    this.#socket.end();
  }

  kill(signal: NodeJS.Signals): void {
    // Nobody else waits for it, so its pid is its own until its end was told.
    if (this.#ended === null) process.kill(this.pid, signal);
  }

  /** It was waited for. */
  endProcess(how: string): void {
    if (this.#ended !== null) return;
    this.#ended = how;
    this.#socket.destroy();
    this.#events.ended(how);
  }
}
