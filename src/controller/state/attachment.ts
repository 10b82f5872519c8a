/** Ties a fleet to a client (a foreground `up`): when that goes away, in any manner, the fleet is stopped in order. */
import type {CallContext} from '../../control/handlers.ts';
import {isAlive, readStat, startTimeOf} from '../../process/stat.ts';

/** How long a running client may take to attach, also again after the controller was replaced. */
const PATIENCE_MS = 5_000;
const LOOK_MS = 250;

/** The unique identity of a process. */
export interface ProcessId {
  readonly pid: number;
  readonly startTime: string;
}

/** State for a later controller. */
export interface Attached {
  /** Whether a client has been attached, or will be. */
  readonly attached: boolean;
  /** The processes of the clients, as far as the kernel reports them. */
  readonly clients: readonly ProcessId[];
}

export class Attachment {
  readonly #connected = new Map<AbortSignal, ProcessId | null>();
  readonly #awaited: readonly ProcessId[];
  readonly #abandoned: () => void;
  #wanted: boolean;
  #patience = PATIENCE_MS;

  constructor({attached, clients}: Attached, abandoned: () => void) {
    this.#wanted = attached;
    this.#awaited = clients;
    this.#abandoned = abandoned;
    if (attached) this.#await();
  }

  /** The state to commit. */
  get saved(): Attached {
    const connected = [...this.#connected.values()].filter(client => client !== null);
    return {attached: this.#wanted, clients: connected.length > 0 ? connected : this.#awaited};
  }

  /** Ties the fleet to the client's connection. */
  attach({signal, peerPid}: CallContext): void {
    if (this.#connected.has(signal) || signal.aborted) return;
    const startTime = peerPid === null ? null : startTimeOf(peerPid);
    this.#wanted = true;
    this.#connected.set(signal, peerPid === null || startTime === null ? null : {pid: peerPid, startTime});
    signal.addEventListener('abort', () => {
      this.#connected.delete(signal);
      if (this.#connected.size === 0) this.#abandoned();
    });
  }

  /**
   * Waits for clients that were attached to an earlier controller. A client that is stopped (Ctrl-Z) can't attach, but
   * is not gone: its time counts only while it runs.
   */
  #await(): void {
    setTimeout(() => {
      if (this.#connected.size > 0) return;
      const living = this.#awaited.filter(({pid, startTime}) => isAlive(pid, startTime));
      this.#patience = living.some(isStopped) ? PATIENCE_MS : this.#patience - LOOK_MS;
      const gone = this.#awaited.length > 0 && living.length === 0;
      if (gone || this.#patience <= 0) this.#abandoned();
      else this.#await();
    }, LOOK_MS);
  }
}

function isStopped({pid}: ProcessId): boolean {
  const state = readStat(pid)?.state;
  return state === 'T' || state === 't';
}
