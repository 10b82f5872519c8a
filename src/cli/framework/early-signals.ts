/**
 * Imported before everything else: a signal that arrives while the program still loads must not end a foreground `up`
 * before the fleet is stopped. Early signals are kept until a handler takes over.
 */
const CAUGHT = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGTSTP', 'SIGCONT'] as const;

/** The signals that a foreground `up` handles. */
export type CaughtSignal = (typeof CAUGHT)[number];

const early: CaughtSignal[] = [];
const listeners = new Map<CaughtSignal, () => void>();
let receiver = (signal: CaughtSignal): void => void early.push(signal);

// Only if the word occurs at all: signals end other commands as usual.
if (process.argv.includes('up')) {
  for (const signal of CAUGHT) {
    const listener = () => receiver(signal);
    listeners.set(signal, listener);
    process.on(signal, listener);
  }
}

/** Passes early signals and all later ones to `handle`. */
export function takeSignals(handle: (signal: CaughtSignal) => void): void {
  receiver = handle;
  for (const signal of early.splice(0)) handle(signal);
}

/** Restores the default actions of the signals, and sends early signals again. */
export function releaseSignals(): void {
  for (const [signal, listener] of listeners) process.off(signal, listener);
  listeners.clear();
  for (const signal of early.splice(0)) process.kill(process.pid, signal);
}
