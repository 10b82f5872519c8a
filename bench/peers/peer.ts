/** What a supervisor is to the benchmark. */

export interface Setting {
  readonly n: number;
  /** A fresh folder for this measurement. */
  readonly folder: string;
  /** The worker's program. */
  readonly pulse: string;
  /** Whether each worker gets a logger, where the supervisor itself keeps no output (s6, runit). */
  readonly logged: boolean;
  readonly env: NodeJS.ProcessEnv;
}

export interface Peer {
  /** Starts the supervisor with its workers; does not wait for them. */
  start(): void;
  /** Resolves when a command that only starts the supervisor has ended. */
  started(): Promise<void>;
  /** The supervisor's own topmost processes. */
  roots(): number[];
  /** Stops everything; resolves when the supervisor says, by ending, that it is done. */
  stop(): Promise<void>;
  /** The command that lists the workers. */
  readonly list: readonly string[] | null;
  /** The environment that its commands need. */
  readonly env: NodeJS.ProcessEnv;
  /** The processes of one kind of its own, by the names that its blows use. */
  part(name: string): number[];
  /** What its documentation asks to be done while all is well, so that it can be brought back. */
  prepare(): void;
  /** Brings it back after it was killed, as its documentation says. */
  again(): void;
}

/** One thing that may happen to a supervisor. */
export interface Blow {
  /** Which of its processes get SIGKILL. */
  readonly hits: readonly string[];
  /** What is done at once to bring it back, in words; null: nothing. */
  readonly again: string | null;
}

export interface Kind {
  readonly name: string;
  /** The most workers that it can have. */
  readonly most: number;
  readonly blows: readonly Blow[];
  /** What a file that holds workers' standard output is called, below the folder of the measurement. */
  readonly logs: RegExp;
  /** Its version; null where it is not installed. */
  version(): string | null;
  make(setting: Setting): Peer;
}

/** The same blow, left alone and with somebody who brings the supervisor back. */
export const withAndWithout = (hits: readonly string[], again: string): Blow[] => [
  {hits, again: null},
  {hits, again},
];
