/**
 * Imported before everything else: a signal that comes while the program still loads must not end a foreground `up`
 * before it has stopped its fleet. What comes early is kept until somebody takes over.
 */
const CAUGHT = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGTSTP', 'SIGCONT'] as const;

/** The signals that a foreground `up` answers. */
export type CaughtSignal = (typeof CAUGHT)[number];

const early: CaughtSignal[] = [];
const listeners = new Map<CaughtSignal, () => void>();
let receiver = (signal: CaughtSignal): void => void early.push(signal);

// Only where the word is there at all: other commands die of signals as programs do.
if (process.argv.includes('up')) {
  for (const signal of CAUGHT) {
    const listener = () => receiver(signal);
    listeners.set(signal, listener);
    process.on(signal, listener);
  }
}

/** Hands over what came early and all that comes later. */
export function takeSignals(handle: (signal: CaughtSignal) => void): void {
  receiver = handle;
  for (const signal of early.splice(0)) handle(signal);
}

/** Gives signals back their usual meaning; what came early is sent again. */
export function releaseSignals(): void {
  for (const [signal, listener] of listeners) process.off(signal, listener);
  listeners.clear();
  for (const signal of early.splice(0)) process.kill(process.pid, signal);
}
