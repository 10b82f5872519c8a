/** The end of a controller: its keeper is gone, another controller takes over, or no process of the fleet is left. */
import {now} from './turn/clock.ts';
import {logError} from './turn/stderr.ts';
import type {Engine} from './turn/engine.ts';
import type {Hooks} from './hooks/hooks.ts';
import type {Journal} from '../journal/writer.ts';
import type {KeeperLink} from './keeper/link.ts';
import type {SnapshotFile} from './state/snapshot-file.ts';
import type {ControlServer} from '../control/server.ts';

/** Time limit for all hooks at `down`; a second signal, or `down --now`, skips the wait. */
const DOWN_HOOKS_MS = 10_000;
/** Time limit for hooks before another controller takes over; the whole takeover may take 10 s. */
const HAND_OVER_HOOKS_MS = 3_000;

export interface ControllerEndHost {
  readonly engine: Engine;
  readonly journal: Journal;
  readonly snapshot: SnapshotFile;
  readonly server: ControlServer;
  readonly link: KeeperLink;
  /** Stops all periodic work. */
  readonly stopTimers: () => void;
  readonly hooks: Hooks;
  /** Called when the controller has nothing left to do. */
  readonly leave: () => void;
}

export class ControllerEnd {
  readonly #host: ControllerEndHost;
  #isDown = false;
  #ending = false;

  constructor(host: ControllerEndHost) {
    this.#host = host;
  }

  /** Called when the keeper is gone: stops deciding, committing and answering. */
  abandon(): void {
    const {engine, server} = this.#host;
    this.#begin();
    engine.abandon();
    void server.close();
  }

  /** Called when another controller is ready: commits everything, frees the socket and hands over the lease. */
  async handOver(): Promise<void> {
    const {engine, server, link, leave, hooks} = this.#host;
    await hooks.quiet(HAND_OVER_HOOKS_MS);
    if (this.#ending) return;
    if (!engine.canRecord(0)) {
      link.order({
        type: 'keep-lease',
        message: `the state can't be recorded (${engine.commitError ?? 'disk full'})`,
      });
      return;
    }
    this.#begin();
    this.#endHooks('leave');
    engine.close();
    await server.close();
    link.order({type: 'hand-over'});
    leave();
  }

  /** No process of the fleet is left: sends the last answers, ends, and lets the keeper leave. */
  allEnded(): void {
    if (this.#isDown || this.#ending) return;
    this.#isDown = true;
    // Commands that wait for the end are answered before the next turn of the event loop.
    setImmediate(() => void this.#leave());
  }

  /** Returns false if the end has already begun. */
  #begin(): boolean {
    if (this.#ending) return false;
    this.#ending = true;
    this.#host.stopTimers();
    return true;
  }

  #endHooks(underWay: 'kill' | 'leave'): void {
    const {engine, hooks, journal} = this.#host;
    engine.settle();
    for (const event of hooks.end(underWay)) journal.add(event, now().wall);
  }

  async #leave(): Promise<void> {
    const {engine, journal, snapshot, server, link, leave, hooks} = this.#host;
    // Writes the last events now, so that hooks receive them.
    engine.settle();
    await hooks.quiet(DOWN_HOOKS_MS);
    if (!this.#begin()) return;
    this.#endHooks('kill');
    journal.add({type: 'supervisor-stopped'}, now().wall);
    engine.close();
    await server.close();
    try {
      // The snapshot stays and records that all is stopped, for a controller that starts before the keeper has left.
      if (engine.commitError !== null) snapshot.remove();
    } catch (error) {
      // The disk may have become read-only: down continues.
      logError("the snapshot can't be removed", error);
    }
    link.order({type: 'leave'});
    leave();
  }
}
