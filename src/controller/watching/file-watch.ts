/**
 * Restarts workers when a file changes (`watch:`). Changes are gathered until a quiet moment, so that an editor, a
 * build or a checkout that writes many files restarts a worker once. A controller that takes over watches anew: changes
 * in between are not noticed.
 */
import type {JournalEvent} from '../../journal/events.ts';
import {relative} from 'node:path';
import {insignificant, isInside} from './insignificant.ts';
import type {RootWatch, RootWatchOptions} from './root-watch.ts';
import type {WatchReport} from '../../control/reports.ts';
import type {WorkerSpec} from '../../fleet/types.ts';
import type {Core} from '../../supervisor/index.ts';
import type {Input} from '../../supervisor/types.ts';

const QUIET_MS = 300;
/** The longest wait for a quiet moment. */
const LONGEST_MS = 5_000;
const LOOK_MS = 1_000;
/** Interval of retries for what could not be watched: after a limit is raised, nothing need be restarted. */
const RETRY_MS = 60_000;
/** Most changed files that are counted. */
const MOST_FILES = 10_000;

export interface FileWatchOptions {
  readonly core: Core;
  /** The folder of the fleets' state and logs. */
  readonly home: string;
  readonly feed: (input: Input) => void;
  readonly note: (event: JournalEvent) => void;
  /** Starts to watch a path. */
  readonly watchRoot: (options: RootWatchOptions) => Watching;
}

type Watching = Pick<RootWatch, 'checkRoot' | 'again' | 'close' | 'isReady' | 'trouble'>;

/** A path that one or more workers watch in the same way. */
interface Shared {
  readonly root: string;
  readonly watch: Watching;
  readonly workers: Set<string>;
  /** By error code: the first path that can't be watched, and how many. */
  readonly failures: Map<string, {readonly path: string; count: number}>;
  /** Error codes that are already journaled. */
  readonly noted: Set<string>;
  triedAt: number;
}

interface Burst {
  readonly files: Set<string>;
  readonly first: string;
  readonly since: number;
  timer: NodeJS.Timeout;
}

export class FileWatch {
  readonly #options: FileWatchOptions;
  readonly #shared = new Map<string, Shared>();
  readonly #bursts = new Map<string, Burst>();
  #timer: NodeJS.Timeout | null = null;
  #over = false;

  constructor(options: FileWatchOptions) {
    this.#options = options;
  }

  /** Handles a journal record: definitions may have changed. */
  heard({type}: {readonly type: string}): void {
    if (type === 'plan-applied') this.refresh();
  }

  /** Watches what the definitions require now, and nothing else. Watches that stay are not disturbed. */
  refresh(): void {
    if (this.#over) return;
    const {core} = this.#options;
    const wanted = new Map<string, {root: string; spec: WorkerSpec; workers: Set<string>}>();
    for (const spec of core.fleet().workers) {
      for (const root of spec.watch) {
        const key = keyOf(root, spec);
        const known = wanted.get(key) ?? {root, spec, workers: new Set()};
        wanted.set(key, known);
        known.workers.add(spec.name);
      }
    }
    for (const [key, {watch}] of this.#shared) {
      if (wanted.has(key)) continue;
      watch.close();
      this.#shared.delete(key);
    }
    for (const [key, {root, spec, workers}] of wanted) {
      const known = this.#shared.get(key);
      if (known === undefined) this.#begin(key, root, spec, workers);
      else {
        known.workers.clear();
        for (const name of workers) known.workers.add(name);
      }
    }
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = this.#shared.size > 0 ? setInterval(() => this.#checkRoots(), LOOK_MS) : null;
  }

  /** Returns null if the worker watches nothing. */
  reportOf(spec: WorkerSpec): WatchReport | null {
    if (spec.watch.length === 0) return null;
    const shared = spec.watch.flatMap(root => this.#shared.get(keyOf(root, spec)) ?? []);
    const missing = spec.watch.flatMap(path => {
      // As of the last look: a look here could block on a file system that does not answer.
      const why = this.#shared.get(keyOf(path, spec))?.watch.trouble ?? null;
      return why === null ? [] : [{code: null, message: `${path} ${why}`}];
    });
    const failed = shared.flatMap(({failures}) =>
      Array.from(failures, ([code, {path, count}]) => ({code, message: failureWords(code, this.#shown(path), count)})),
    );
    return {
      paths: spec.watch.map(path => this.#shown(path)),
      ignored: spec.watchIgnore ?? [],
      watching: shared.some(({watch}) => watch.isReady),
      problems: [...missing, ...failed],
    };
  }

  /** Ends all watches. */
  end(): void {
    this.#over = true;
    if (this.#timer !== null) clearInterval(this.#timer);
    for (const {watch} of this.#shared.values()) watch.close();
    for (const {timer} of this.#bursts.values()) clearTimeout(timer);
    this.#shared.clear();
    this.#bursts.clear();
  }

  #begin(key: string, root: string, spec: WorkerSpec, workers: Set<string>): void {
    const {core, home, watchRoot} = this.#options;
    const {dir} = core.fleet();
    const failures: Shared['failures'] = new Map();
    const noted = new Set<string>();
    const watch = watchRoot({
      root,
      isIgnored: insignificant(root, {patterns: spec.watchIgnore ?? [], dir, home}),
      // Another user's link may lead anywhere, also to more than can be watched.
      followLinks: spec.user === null,
      changed: path => {
        for (const name of workers) this.#changed(name, path);
      },
      failed: (code, path) => this.#failed({workers, failures, noted}, code, path),
    });
    this.#shared.set(key, {root, watch, workers, failures, noted, triedAt: performance.now()});
    watch.checkRoot();
  }

  #checkRoots(): void {
    for (const shared of this.#shared.values()) {
      const {watch, failures, triedAt} = shared;
      if (failures.size > 0 && performance.now() - triedAt >= RETRY_MS) {
        failures.clear();
        shared.triedAt = performance.now();
        watch.again();
      } else watch.checkRoot();
    }
  }

  #changed(worker: string, path: string): void {
    const now = performance.now();
    const burst = this.#bursts.get(worker);
    const files = burst?.files ?? new Set<string>();
    if (files.size < MOST_FILES) files.add(path);
    clearTimeout(burst?.timer);
    const since = burst?.since ?? now;
    const wait = Math.max(0, Math.min(QUIET_MS, since + LONGEST_MS - now));
    const timer = setTimeout(() => this.#reportChange(worker), wait);
    this.#bursts.set(worker, {files, first: burst?.first ?? path, since, timer});
  }

  #reportChange(worker: string): void {
    const {core, feed} = this.#options;
    const burst = this.#bursts.get(worker);
    this.#bursts.delete(worker);
    const ids = [...core.instances()].filter(instance => instance.worker === worker).map(({id}) => id);
    if (burst === undefined || ids.length === 0) return;
    feed({type: 'file-changed', ids, path: this.#shown(burst.first), files: burst.files.size});
  }

  #failed(
    {workers, failures, noted}: Pick<Shared, 'workers' | 'failures' | 'noted'>,
    code: string,
    path: string,
  ): void {
    const known = failures.get(code);
    if (known !== undefined) {
      known.count++;
      return;
    }
    failures.set(code, {path, count: 1});
    if (noted.has(code)) return;
    noted.add(code);
    const message = failureWords(code, this.#shown(path), 1);
    for (const worker of workers) this.#options.note({type: 'watch-failed', worker, code, message});
  }

  /** Returns the path relative to the fleet file's folder if it lies there. */
  #shown(path: string): string {
    const {dir} = this.#options.core.fleet();
    return isInside(path, dir) ? relative(dir, path) || '.' : path;
  }
}

const keyOf = (root: string, {watchIgnore = [], user}: WorkerSpec): string =>
  JSON.stringify([root, user !== null, ...watchIgnore]);

function failureWords(code: string, path: string, count: number): string {
  const what = count === 1 ? path : `${path} and ${count - 1} more`;
  switch (code) {
    case 'ENOSPC':
      return `the kernel allows this user no more inotify watches (ENOSPC): changes of ${what} are not detected`;
    case 'EMFILE':
      return `the kernel allows this user no more inotify instances or descriptors (EMFILE): changes of ${what} are not detected`;
    case 'EACCES':
    case 'EPERM':
      return `${what} is not readable (${code}): changes in it are not detected`;
    default:
      return `${what} can't be watched (${code})`;
  }
}
