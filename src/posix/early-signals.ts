/**
 * Signal handlers from the first instruction on: SIGHUP and SIGTERM would kill Node, and SIGUSR1 would open its
 * debugger. Signals that arrive before the program is loaded are kept for it. Nothing may be imported here.
 */
export type SupervisorSignal =
  'SIGALRM' | 'SIGCHLD' | 'SIGHUP' | 'SIGINT' | 'SIGTERM' | 'SIGUSR1' | 'SIGUSR2' | 'SIGTSTP' | 'SIGQUIT';

const SIGNALS: readonly SupervisorSignal[] = [
  'SIGALRM',
  'SIGCHLD',
  'SIGHUP',
  'SIGINT',
  'SIGTERM',
  'SIGUSR1',
  'SIGUSR2',
  'SIGTSTP',
  'SIGQUIT',
];

export interface EarlySignals {
  /** Passes the signals received so far, and all later ones, to `handler`. */
  deliverTo(handler: (signal: SupervisorSignal) => void): void;
}

export function catchSignals(): EarlySignals {
  const waiting: SupervisorSignal[] = [];
  let deliver = (signal: SupervisorSignal): void => void waiting.push(signal);
  for (const signal of SIGNALS) process.on(signal, () => deliver(signal));
  // A closed reader of our output is no reason to exit.
  process.on('SIGPIPE', () => {});
  return {
    deliverTo(handler) {
      deliver = handler;
      for (const signal of waiting.splice(0)) handler(signal);
    },
  };
}
