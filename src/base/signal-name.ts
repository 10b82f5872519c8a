/** The name of a signal: `SIGTERM`, `SIGRTMIN+3` (signal(7)). */
export type SignalName = `SIG${string}`;
