/** What signals to the supervisor mean, whichever of its processes they were sent to. */
import type {SupervisorSignal} from '../posix/early-signals.ts';

/** The same signal from a service manager and a terminal at once is one signal. */
const SAME_SIGNAL_MS = 250;

export interface SignalActions {
  /** Stop in order; or at once. */
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

  /** One that the keeper passed on; it says whether it is a second one to end. */
  passedOn(signal: string, again: boolean): void {
    if (ends(signal)) this.#actions.end(again);
    else if (signal === 'SIGALRM') this.#actions.sweep();
    else if (signal === 'SIGHUP') this.#actions.apply();
    else if (signal === 'SIGUSR1') this.#actions.reopenLogs();
    else if (signal === 'SIGUSR2') this.#actions.dump();
  }

  /** One that was sent to the controller itself: a second one of those that end means at once. */
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
