/** The interface between the benchmark and a supervisor. */

export interface Setting {
  readonly n: number;
  /** A fresh folder for this measurement. */
  readonly folder: string;
  /** The program of the workers. */
  readonly pulse: string;
  /** Whether each worker gets a logger. Only for supervisors that store no output themselves (s6, runit). */
  readonly logged: boolean;
  readonly env: NodeJS.ProcessEnv;
}

export interface Peer {
  /** Starts the supervisor with its workers without waiting for them. */
  start(): void;
  /** Resolves when a command that only starts the supervisor has exited. */
  started(): Promise<void>;
  /** The supervisor's own topmost processes. */
  roots(): number[];
  /** Stops everything; resolves when the supervisor or its stop command has exited. */
  stop(): Promise<void>;
  /** The command that lists the workers. */
  readonly list: readonly string[] | null;
  /** The environment of its commands. */
  readonly env: NodeJS.ProcessEnv;
  /** Returns the supervisor's own processes of one kind, by a name used in its blows. */
  part(name: string): number[];
  /** Does what its documentation requires in advance, so that the supervisor can be restored. */
  prepare(): void;
  /** Restores the killed supervisor as its documentation describes. */
  again(): void;
}

/** One loss that a supervisor may suffer. */
export interface Blow {
  /** The supervisor's own processes that get SIGKILL. */
  readonly hits: readonly string[];
  /** A description of what restores the supervisor at once; null: nothing does. */
  readonly again: string | null;
}

export interface Kind {
  readonly name: string;
  /** The largest number of workers that it supports. */
  readonly most: number;
  readonly blows: readonly Blow[];
  /** Matches the paths of files with workers' standard output, within the folder of the measurement. */
  readonly logs: RegExp;
  /** Returns the version, or null if the supervisor is not installed. */
  version(): string | null;
  make(setting: Setting): Peer;
}

/** Returns the same blow twice: without and with restoring the supervisor. */
export const withAndWithout = (hits: readonly string[], again: string): Blow[] => [
  {hits, again: null},
  {hits, again},
];
