/**
 * Limits of memory and processor time. If the cgroup of a run enforces them, the kernel does all of it. If none
 * enforces the memory limit, the run's memory is read every second and excess is reported to the core; runs without
 * such a limit are not read.
 */
import type {HeldLimit, LimitsReport} from '../../control/reports.ts';
import type {Unenforced} from '../../link/runs.ts';
import type {WorkerSpec} from '../../fleet/types.ts';
import type {Core} from '../../supervisor/index.ts';
import type {Input, Instance} from '../../supervisor/types.ts';

const LOOK_MS = 1_000;

/** A run whose memory limit no cgroup enforces. */
export interface Suspect {
  readonly id: string;
  /** Bytes; only usage beyond this is worth measuring exactly. */
  readonly limit: number;
}

export interface LimitWatchOptions {
  readonly core: Core;
  /** Returns the bytes that the trees of these instances use, by id, without those that have no processes. */
  readonly memoryOf: (suspects: readonly Suspect[]) => ReadonlyMap<string, number>;
  readonly feed: (input: Input) => void;
}

export class LimitWatch {
  readonly #options: LimitWatchOptions;
  /** By run token. */
  readonly #unenforced = new Map<string, Unenforced>();
  #timer: NodeJS.Timeout | null = null;
  #over = false;

  constructor(options: LimitWatchOptions) {
    this.#options = options;
  }

  /** Starts to watch a run; a keeper from before limits reports nothing about them. */
  begin(token: string, unenforced: Unenforced | undefined): void {
    if (unenforced === undefined || this.#over || (unenforced.memory === null && unenforced.cpu === null)) return;
    this.#unenforced.set(token, unenforced);
    if (unenforced.memory !== null) this.#timer ??= setInterval(() => this.checkMemory(), LOOK_MS);
  }

  forget(token: string): void {
    this.#unenforced.delete(token);
  }

  reportOf({run}: Instance, {limits}: WorkerSpec): LimitsReport {
    const why = run?.pid == null ? undefined : (this.#unenforced.get(run.token) ?? {memory: null, cpu: null});
    const held = (name: 'memory' | 'cpu', lesser: HeldLimit['by']): HeldLimit | null => {
      const limit = limits[name];
      if (limit === null) return null;
      if (why === undefined) return {limit, by: null, why: null};
      return {limit, by: why[name] === null ? 'cgroup' : lesser, why: why[name]};
    };
    const {nofile, core} = limits;
    return {nofile, core, memory: held('memory', 'sampling'), cpu: held('cpu', null)};
  }

  /** Returns descriptions of limits that are enforced less strictly than the fleet file requires. */
  weaker(): string[] {
    const workers = {memory: new Map<string, Set<string>>(), cpu: new Map<string, Set<string>>()};
    for (const {worker, run} of this.#options.core.instances()) {
      const unenforced = run === null ? undefined : this.#unenforced.get(run.token);
      for (const name of ['memory', 'cpu'] as const) {
        const why = unenforced?.[name];
        if (why != null) workers[name].set(why, (workers[name].get(why) ?? new Set()).add(worker));
      }
    }
    const named = (names: ReadonlySet<string>): string => [...names].join(', ');
    return [
      ...Array.from(
        workers.memory,
        ([why, names]) =>
          `${why}: the memory of ${named(names)} is checked only once a second, and may exceed its limit in between`,
      ),
      ...Array.from(
        workers.cpu,
        ([why, names]) => `${why}: the limit on processor time of ${named(names)} is not enforced`,
      ),
    ];
  }

  /** Checks the memory of all runs whose limit no cgroup enforces. */
  checkMemory(): void {
    const {core, memoryOf, feed} = this.#options;
    const suspects: (Suspect & {readonly token: string})[] = [];
    for (const {id, worker, run} of core.instances()) {
      if (run?.pid == null || run.ending !== null || this.#unenforced.get(run.token)?.memory == null) continue;
      const limit = core.specOf(worker).limits.memory;
      if (limit !== null) suspects.push({id, limit, token: run.token});
    }
    if (suspects.length === 0) {
      if (this.#timer !== null) clearInterval(this.#timer);
      this.#timer = null;
      return;
    }
    const found = memoryOf(suspects);
    for (const {id, limit, token} of suspects) {
      const bytes = found.get(id) ?? 0;
      if (bytes > limit) feed({type: 'memory-exceeded', token, bytes});
    }
  }

  end(): void {
    this.#over = true;
    if (this.#timer !== null) clearInterval(this.#timer);
  }
}
