/**
 * The end of the whole fleet, as far as it is the keeper's: signals that ask for it are passed on to the controller; if
 * none is there to see to it, the keeper ends all runs itself, with the timeouts that were stored at each spawn.
 */
import type {RunEvents} from './runs/events.ts';
import type {Link} from './controller/link.ts';
import type {Runs} from './runs/runs.ts';
import {isOver, type Run} from './runs/run.ts';
import type {SignalName} from '../base/signal-name.ts';

/** No word from a controller for so long after a signal to end: the keeper ends the fleet itself. */
const LAST_RESORT_MS = 3_000;
/** The same signal from anchor, service manager and terminal at once is one signal. */
const SAME_SIGNAL_MS = 250;

export interface FleetEndHost extends Pick<RunEvents, 'emitFact'> {
  readonly runs: Runs;
  readonly link: () => Link;
  endRun(run: Run, signal: SignalName, timeoutMs: number): void;
  /** Nothing runs any more of what was to be ended; `stopped`: that was the whole fleet, as it was told. */
  allEnded(stopped: boolean): void;
}

export class FleetEnd {
  readonly #host: FleetEndHost;
  #since: number | null = null;

  constructor(host: FleetEndHost) {
    this.#host = host;
  }

  /** Whether a signal has asked for it. */
  get asked(): boolean {
    return this.#since !== null;
  }

  /** A signal asks for it. */
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

  /** No controller works, or will: ends what this keeper started, and what it found, only if a signal has asked for it. */
  withoutController(): void {
    this.#host.link().close();
    this.#host.link().kill();
    for (const run of this.#host.runs.all()) {
      if (this.asked || !run.adopted) this.#host.endRun(run, run.stopSignal, run.stopTimeoutMs);
    }
    this.checkAllEnded();
  }

  /** No controller can work: ends all that is left of the fleet. */
  endRemains(): void {
    this.#since ??= performance.now();
    this.withoutController();
  }

  /** A run has ended: it may have been the last. */
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
