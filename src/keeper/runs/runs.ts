/** All runs, indexed by token, by the main process's pid and by cgroup. */
import {type Run, isAlive} from './run.ts';
import {basename} from 'node:path';
import {happen} from './life.ts';
import {channelsOf, type Intent} from './shape.ts';

/** All runs, indexed by token, by the main process's pid and by cgroup. */
export class Runs {
  readonly #byToken = new Map<string, Run>();
  readonly #byPid = new Map<number, Run>();
  readonly #byCgroup = new Map<string, Run>();

  add(run: Run): void {
    this.#byToken.set(run.token, run);
    if (run.pid !== null) this.#byPid.set(run.pid, run);
    if (run.cgroup !== null) this.#byCgroup.set(basename(run.cgroup), run);
  }

  /** Records the main process, and the cgroup in which it was born. */
  started(run: Run, pid: number, at: number, cgroup: string | null): void {
    happen(run, {type: 'forked', pid, at, cgroup});
    this.add(run);
  }

  /** Makes another process the main one. */
  moved(run: Run, pid: number, startTime: string): void {
    if (run.pid !== null && this.#byPid.get(run.pid) === run) this.#byPid.delete(run.pid);
    happen(run, {type: 'main-changed', pid, startTime});
    this.#byPid.set(pid, run);
  }

  delete(run: Run): void {
    this.#byToken.delete(run.token);
    if (run.pid !== null && this.#byPid.get(run.pid) === run) this.#byPid.delete(run.pid);
    if (run.cgroup !== null) this.#byCgroup.delete(basename(run.cgroup));
  }

  get(token: string): Run | undefined {
    return this.#byToken.get(token);
  }

  /**
   * Returns the run whose main process has, or had, that pid. The kernel does not reuse a pid that still names a
   * session or a process group, so this also finds the run of a session whose leader has died.
   */
  ofPid(pid: number): Run | undefined {
    return this.#byPid.get(pid);
  }

  /** Returns the run that has that cgroup, or one above it. */
  ofCgroup(path: string): Run | undefined {
    for (const name of path.split('/').reverse()) {
      const run = this.#byCgroup.get(name);
      if (run) return run;
    }
    return undefined;
  }

  all(): Iterable<Run> {
    return this.#byToken.values();
  }

  get size(): number {
    return this.#byToken.size;
  }
}

const listensOn = (intent: Intent, address: string): boolean =>
  channelsOf(intent).some(grant => grant.kind === 'socket' && grant.address === address);

/** Returns the tokens of the living runs that have inherited the socket of that address. */
export const holdersOf = (runs: Runs, address: string): string[] =>
  [...runs.all()]
    .filter(run => isAlive(run) && run.intent !== null && listensOn(run.intent, address))
    .map(({token}) => token);
