/**
 * Signal handlers from the first instruction on: Node would die of SIGHUP and SIGTERM, and open its debugger on
 * SIGUSR1. What comes before the program is loaded is kept for it. Nothing may be imported here.
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
  /** Hands over what came so far, and all that comes from now on. */
  deliverTo(handler: (signal: SupervisorSignal) => void): void;
}

export function catchSignals(): EarlySignals {
  const waiting: SupervisorSignal[] = [];
  let deliver = (signal: SupervisorSignal): void => void waiting.push(signal);
  for (const signal of SIGNALS) process.on(signal, () => deliver(signal));
  // A reader of our output that went away is no reason to end.
  process.on('SIGPIPE', () => {});
  return {
    deliverTo(handler) {
      deliver = handler;
      for (const signal of waiting.splice(0)) handler(signal);
    },
  };
}
