/** What it takes to start a run: worked out by the controller, carried out by the keeper. */
import type {Grant} from './channels.ts';
import type {SignalName} from '../base/signal-name.ts';
import type {RunLimits} from './runs.ts';

/** All that is needed to start a run. Nothing in it is parsed: the controller has worked it out. */
export interface SpawnOrder {
  readonly token: string;
  readonly id: string;
  /** The program, found beforehand: an absolute path, or one with a slash relative to `cwd`. */
  readonly file: string;
  /** Its arguments from argv[0] on. */
  readonly argv: readonly string[];
  readonly cwd: string;
  /** Laid over the environment in which the supervisor was started (`inherit`), or over a few names of it. */
  readonly env: Readonly<Record<string, string>>;
  readonly inherit: boolean;
  /**
   * How the shell at the end of `argv` becomes the program, whose environment it sets: what comes before it runs as the
   * supervisor's user and gets none of that. Null: `file` gets the environment itself. Not there in orders of earlier versions.
   */
  readonly entry?: EntryOrder | null;
  /** Whose it will be, where that is another user than the supervisor: it may open what is its own again. */
  readonly owner: {readonly uid: number; readonly gid: number} | null;
  readonly logFolder: string;
  /** Bytes at which a log file is rotated. */
  readonly logMaxSize: number;
  /** What it inherits as descriptors, from 3 on. */
  readonly channels: readonly Grant[];
  /** Where it may say how it is (sd_notify(3)): a path; null: nowhere. */
  readonly notify: string | null;
  /** The descriptor to which it writes a newline when it is ready; null: none. */
  readonly readyFd: number | null;
  readonly limits: RunLimits;
  /** For the keeper's own ladder, should there be no controller when the fleet must stop. */
  readonly stopSignal: SignalName;
  readonly stopTimeoutMs: number;
}

export interface EntryOrder {
  /** Null: as inherited. */
  readonly umask: number | null;
  /** Null: the folder that `cwd` names. */
  readonly cwd: string | null;
  /** Variables that are to hold the program's own pid. */
  readonly ownPid: readonly string[];
}
