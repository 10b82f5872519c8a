/** Handles signals to the supervisor, whichever of its processes they were sent to. */
import type {SupervisorSignal} from '../posix/early-signals.ts';

/** The same signal from a service manager and a terminal within this time counts once. */
const SAME_SIGNAL_MS = 250;

export interface SignalActions {
  /** Stops the fleet in order, or at once. */
  readonly end: (now: boolean) => void;
  readonly sweep: () => void;
  readonly apply: () => void;
  readonly reopenLogs: () => void;
  readonly dump: () => void;
}

const ends = (signal: string): boolean => signal === 'SIGTERM' || signal === 'SIGINT' || signal === 'SIGQUIT';

export class SupervisorSignals {
  readonly #actions: SignalActions;
  #askedToEndAt: number | null = null;

  constructor(actions: SignalActions) {
    this.#actions = actions;
  }

  /** Handles a signal that the keeper passed on. @param again whether it is the second signal to end */
  passedOn(signal: string, again: boolean): void {
    if (ends(signal)) this.#actions.end(again);
    else if (signal === 'SIGALRM') this.#actions.sweep();
    else if (signal === 'SIGHUP') this.#actions.apply();
    else if (signal === 'SIGUSR1') this.#actions.reopenLogs();
    else if (signal === 'SIGUSR2') this.#actions.dump();
  }

  /** Handles a signal that was sent to the controller itself. A second signal to end stops the fleet at once. */
  own(signal: SupervisorSignal): void {
    if (!ends(signal)) {
      this.passedOn(signal, false);
      return;
    }
    const since = this.#askedToEndAt === null ? null : performance.now() - this.#askedToEndAt;
    if (since !== null && since < SAME_SIGNAL_MS) return;
    this.#askedToEndAt = performance.now();
    this.passedOn(signal, since !== null);
  }
}
