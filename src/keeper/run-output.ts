/** The output of all runs: whose goes to which logs, and who wants to hear of it. */
import {LogFiles} from './log-file.ts';
import type {Fact} from './messages.ts';
import {Output} from './output.ts';
import type {Run} from './run.ts';
import type {Epoll} from '../posix/epoll.ts';

export class RunOutput {
  readonly #runsFolder: string;
  readonly #epoll: Epoll;
  readonly #say: (fact: Fact) => void;
  readonly #logs = new LogFiles();
  readonly #folderOf = new Map<string, string>();
  /** By log folder: the run whose output is watched for. */
  readonly #watched = new Map<string, string>();

  constructor(runsFolder: string, epoll: Epoll, say: (fact: Fact) => void) {
    this.#runsFolder = runsFolder;
    this.#epoll = epoll;
    this.#say = say;
  }

  /** Makes the FIFOs of a new run. Throws what the kernel refuses. */
  open(run: Run, folder: string, maxSize: number): void {
    this.#connect(run, folder, maxSize, true);
  }

  /** Takes up those of a run that an earlier keeper started. */
  takeUp(run: Run, folder: string, maxSize: number): void {
    try {
      this.#connect(run, folder, maxSize, false);
    } catch {
      // The FIFOs are gone: its output was drained before the earlier keeper died, or somebody removed them.
      run.output = null;
    }
  }

  /** From now on it is said when the run has written something. */
  watch(token: string): void {
    const folder = this.#folderOf.get(token);
    if (folder !== undefined) this.#watched.set(folder, token);
  }

  unwatch(token: string): void {
    const folder = this.#folderOf.get(token);
    if (folder !== undefined && this.#watched.get(folder) === token) this.#watched.delete(folder);
  }

  forget(token: string): void {
    this.unwatch(token);
    this.#folderOf.delete(token);
  }

  /** Somebody moved log files away (SIGUSR1). */
  reopen(): void {
    this.#logs.reopen();
  }

  #connect(run: Run, folder: string, maxSize: number, make: boolean): void {
    this.#folderOf.set(run.token, folder);
    const logs = this.#logs.of(folder, maxSize, {
      wrote: stream => {
        const token = this.#watched.get(folder);
        if (token !== undefined) this.#say({type: 'wrote', token, stream});
      },
      rotated: () => this.#say({type: 'rotated', folder}),
      held: error => this.#say({type: 'output-held', id: run.id, error}),
    });
    run.output = new Output(this.#runsFolder, run.token, logs, this.#epoll, make);
  }
}
