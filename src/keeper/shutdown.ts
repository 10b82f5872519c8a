/**
 * The keeper's part in ending the whole fleet. Termination signals are forwarded to the controller. Without a working
 * controller, the keeper ends all runs itself, with the timeouts stored at each spawn.
 */
import type {RunEvents} from './runs/events.ts';
import type {Link} from './controller/link.ts';
import type {Runs} from './runs/runs.ts';
import {isOver, type Run} from './runs/run.ts';
import type {SignalName} from '../base/signal-name.ts';

/** Silence of the controller after a termination signal, before the keeper ends the fleet itself. */
const LAST_RESORT_MS = 3_000;
/** Signals this soon after the first count as one: anchor, service manager and terminal may all send it at once. */
const SAME_SIGNAL_MS = 250;

export interface FleetEndHost extends Pick<RunEvents, 'emitFact'> {
  readonly runs: Runs;
  readonly link: () => Link;
  endRun(run: Run, signal: SignalName, timeoutMs: number): void;
  /** All runs that had to end have ended. `stopped`: the end of the whole fleet was requested. */
  allEnded(stopped: boolean): void;
}

export class FleetEnd {
  readonly #host: FleetEndHost;
  #since: number | null = null;

  constructor(host: FleetEndHost) {
    this.#host = host;
  }

  /** Whether the end of the fleet was requested. */
  get asked(): boolean {
    return this.#since !== null;
  }

  /** Requests the end of the fleet. */
  ask(signal: SignalName): void {
    const now = performance.now();
    const again = this.#since !== null;
    if (this.#since !== null && now - this.#since < SAME_SIGNAL_MS) return;
    this.#since ??= now;
    this.#host.emitFact({type: 'signalled', signal, again});
    this.#waitForController();
  }

  /** The controller has died. */
  controllerLost(): void {
    if (this.asked) this.#waitForController();
  }

  /** Gives up on controllers and ends all runs, adopted ones only if the end of the fleet was requested. */
  withoutController(): void {
    this.#host.link().close();
    this.#host.link().kill();
    for (const run of this.#host.runs.all()) {
      if (this.asked || !run.adopted) this.#host.endRun(run, run.stopSignal, run.stopTimeoutMs);
    }
    this.checkAllEnded();
  }

  /** Ends all that is left of a fleet for which no controller can work. */
  endRemains(): void {
    this.#since ??= performance.now();
    this.withoutController();
  }

  /** Checks whether the last run has ended. Does nothing while a controller works or may still start. */
  checkAllEnded(): void {
    if (!this.#host.link().closed) return;
    for (const run of this.#host.runs.all()) if (!isOver(run) && (this.asked || !run.adopted)) return;
    this.#host.allEnded(this.asked);
  }

  #waitForController(): void {
    const since = performance.now();
    setTimeout(() => {
      if (!this.#host.link().closed && !this.#host.link().heardSince(since)) this.withoutController();
    }, LAST_RESORT_MS);
  }
}
