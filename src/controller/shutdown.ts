/** The end of a controller: its keeper is gone, another controller takes over, or nothing of the fleet lives any more. */
import {now} from './turn/clock.ts';
import {logError} from './turn/stderr.ts';
import type {Engine} from './turn/engine.ts';
import type {Hooks} from './hooks/hooks.ts';
import type {Journal} from '../journal/writer.ts';
import type {KeeperLink} from './keeper/link.ts';
import type {SnapshotFile} from './state/snapshot-file.ts';
import type {ControlServer} from '../control/server.ts';

/** At `down`, hooks have that long in all; a second signal, or `down --now`, waits for none. */
const DOWN_HOOKS_MS = 10_000;
/** Before another controller takes over, which has 10 s for all of it. */
const HAND_OVER_HOOKS_MS = 3_000;

export interface ControllerEndHost {
  readonly engine: Engine;
  readonly journal: Journal;
  readonly snapshot: SnapshotFile;
  readonly server: ControlServer;
  readonly link: KeeperLink;
  /** Ends what happens from time to time. */
  readonly stopTimers: () => void;
  readonly hooks: Hooks;
  /** The controller has nothing more to do. */
  readonly leave: () => void;
}

export class ControllerEnd {
  readonly #host: ControllerEndHost;
  #isDown = false;
  #ending = false;

  constructor(host: ControllerEndHost) {
    this.#host = host;
  }

  /** The keeper is gone: from now on nothing is decided, committed or answered here. */
  abandon(): void {
    const {engine, server} = this.#host;
    this.#begin();
    engine.abandon();
    void server.close();
  }

  /** Another controller is prepared: all is committed, the socket is free, and the lease is given away. */
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

  /** Nothing lives any more: answers go out, the state is forgotten, the keeper may leave. */
  allEnded(): void {
    if (this.#isDown || this.#ending) return;
    this.#isDown = true;
    // In the next turn of the event loop those who wait for the end have been answered.
    setImmediate(() => void this.#leave());
  }

  /** False where it has begun already. */
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
    // What came last is told now, and the hooks hear of it.
    engine.settle();
    await hooks.quiet(DOWN_HOOKS_MS);
    if (!this.#begin()) return;
    this.#endHooks('kill');
    journal.add({type: 'supervisor-stopped'}, now().wall);
    engine.close();
    await server.close();
    try {
      // The snapshot stays, and says that all is stopped: one that is started before the keeper has left must know.
      if (engine.commitError !== null) snapshot.remove();
    } catch (error) {
      // Of a disk that has become read-only: down goes on.
      logError('the snapshot can not be removed', error);
    }
    link.order({type: 'leave'});
    leave();
  }
}
