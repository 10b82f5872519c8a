/** Orders to start a run: the controller prepares them, the keeper executes them. */
import type {Grant} from './channels.ts';
import type {SignalName} from '../base/signal-name.ts';
import type {RunLimits} from './runs.ts';

/** All data needed to start a run. The keeper parses none of it: the controller has resolved everything. */
export interface SpawnOrder {
  readonly token: string;
  readonly id: string;
  /** The program, already looked up: an absolute path, or one with a slash relative to `cwd`. */
  readonly file: string;
  /** The program's arguments from argv[0] on. */
  readonly argv: readonly string[];
  readonly cwd: string;
  /** Variables added to the environment in which the supervisor was started (`inherit`), or to a few names of it. */
  readonly env: Readonly<Record<string, string>>;
  readonly inherit: boolean;
  /**
   * How the shell in `argv` sets the program's environment and executes it: tools before the shell run as the
   * supervisor's user and get none of that environment. Null: `file` itself gets the environment. Absent in orders of
   * earlier versions.
   */
  readonly entry?: EntryOrder | null;
  /** The run's user if that is not the supervisor's: it may reopen its own files. */
  readonly owner: {readonly uid: number; readonly gid: number} | null;
  readonly logFolder: string;
  /** The size at which a log file is rotated (bytes). */
  readonly logMaxSize: number;
  /** Channels that the run inherits as descriptors, from 3 on. */
  readonly channels: readonly Grant[];
  /** The path of its notify socket (sd_notify(3)), or null if it has none. */
  readonly notify: string | null;
  /** The descriptor to which the worker writes a newline when it is ready, or null. */
  readonly readyFd: number | null;
  readonly limits: RunLimits;
  /** For the keeper's own stop ladder, if there is no controller when the fleet must stop. */
  readonly stopSignal: SignalName;
  readonly stopTimeoutMs: number;
}

export interface EntryOrder {
  /** Null: inherited. */
  readonly umask: number | null;
  /** Null: the order's `cwd`. */
  readonly cwd: string | null;
  /** Variables that must hold the program's own pid. */
  readonly ownPid: readonly string[];
}
