/** The output of all runs: the logs to which each run writes, and the runs whose output is reported. */
import {equip} from '../runs/life.ts';
import type {EarlierPipes} from '../pipe-store/earlier.ts';
import type {LogFile} from '../logs/file.ts';
import {LogFiles} from '../logs/files.ts';
import type {Fact, HeldFact} from '../../link/facts.ts';
import type {SpawnOrder} from '../../link/spawn.ts';
import {Output} from './run-streams.ts';
import {findFifos, makeFifos, removeFifos, type Fifos} from './fifos.ts';
import type {PipeStore} from '../pipe-store/store.ts';
import type {Run} from '../runs/run.ts';
import type {Stream} from '../../logs/layout.ts';
import type {Epoll} from '../../posix/epoll.ts';
import {isShortage} from '../../process/stat.ts';

/** An attempt that takes longer (ms) waits for a process that holds the pipe, not for descriptors. */
const HELD_UP_MS = 1_000;
const RETRY_MS = 500;

export class RunOutput {
  readonly #runsFolder: string;
  readonly #epoll: Epoll;
  readonly #emitFact: (fact: Fact) => void;
  readonly #store: PipeStore | null;
  readonly #logs: LogFiles;
  readonly #folderOf = new Map<string, string>();
  /** By log folder: the number of runs that write there and are not forgotten. */
  readonly #runsOf = new Map<string, number>();
  /** By log folder: the run whose output is reported. */
  readonly #watched = new Map<string, string>();
  /** By instance: the streams whose logs can't be written, and the errors. */
  readonly #held = new Map<string, Map<Stream, string>>();
  /** Runs whose FIFOs could not be opened yet. */
  readonly #late = new Map<Run, {readonly folder: string; readonly maxSize: number}>();
  /** Late runs whose FIFOs are being opened: that waits for other processes, not for descriptors. */
  readonly #opening = new Set<Run>();
  /** Late runs that are over and only wait for their output. */
  readonly #draining = new Set<Run>();
  /** When the current attempt for a late run began (performance.now); -Infinity while there is none. */
  #tryingSince = -Infinity;

  constructor(
    runsFolder: string,
    epoll: Epoll,
    say: (fact: Fact) => void,
    logs = new LogFiles(),
    store: PipeStore | null = null,
  ) {
    this.#logs = logs;
    this.#runsFolder = runsFolder;
    this.#epoll = epoll;
    this.#emitFact = say;
    this.#store = store;
  }

  /** Makes the FIFOs of a new run. Throws if the kernel refuses or too few descriptors are left. */
  open(run: Run, {logFolder, logMaxSize, owner}: SpawnOrder): void {
    const logs = this.#logsOf(run, logFolder, logMaxSize);
    const fifos = makeFifos(this.#runsFolder, run.token, owner);
    try {
      this.#connect(run, logs, fifos);
    } catch (error) {
      removeFifos(this.#runsFolder, run.token);
      throw error;
    }
    // Before the worker exists, which may end at once.
    this.#store?.flush();
  }

  /** Adopts the FIFOs of a run that an earlier keeper started: at once, or later if they must be opened anew. */
  takeUp(run: Run, folder: string, maxSize: number, earlier: EarlierPipes | null = null): void {
    this.#takeUp(run, {folder, maxSize}, earlier, () => {});
  }

  /** Retries the late runs. To be called once the runs of earlier keepers were adopted, and again later. */
  takeUpLate(): void {
    if (this.#late.size === 0) this.#store?.takenUp();
    // One at a time: several attempts would share the remaining descriptors, and none would get enough.
    if (performance.now() - this.#tryingSince < HELD_UP_MS) return;
    const late = [...this.#late].filter(([run]) => !this.#opening.has(run));
    const [run, place] = late.find(([one]) => this.#draining.has(one)) ?? late[0] ?? [];
    if (run === undefined || place === undefined) return;
    this.#tryingSince = performance.now();
    this.#takeUp(run, place, null, isShort => {
      this.#tryingSince = -Infinity;
      if (!isShort) this.takeUpLate();
    });
  }

  /** Calls back once all output of the run is in its logs. */
  drain(run: Run, done: () => void): void {
    // Runs that are over go first, since they free their descriptors.
    if (this.#late.has(run)) this.#draining.add(run);
    this.takeUpLate();
    if (this.#late.has(run)) setTimeout(() => this.drain(run, done), RETRY_MS);
    else if (run.output) run.output.drain(() => this.#logs.settle(done));
    else done();
  }

  /** Returns the instances whose output can't be written, with the errors. */
  held(): HeldFact[] {
    return [...this.#held].map(([id, errors]) => ({id, error: [...errors.values()].join(', ')}));
  }

  /** Starts to report output of the run. */
  watch(token: string): void {
    const folder = this.#folderOf.get(token);
    if (folder !== undefined) this.#watched.set(folder, token);
  }

  unwatch(token: string): void {
    const folder = this.#folderOf.get(token);
    if (folder !== undefined && this.#watched.get(folder) === token) this.#watched.delete(folder);
  }

  /** Stops all reports: a new controller requests those that it needs. */
  unwatchAll(): void {
    this.#watched.clear();
  }

  forget(token: string): void {
    this.unwatch(token);
    const folder = this.#folderOf.get(token);
    if (folder === undefined) return;
    this.#folderOf.delete(token);
    const runs = (this.#runsOf.get(folder) ?? 1) - 1;
    this.#runsOf.set(folder, runs);
    if (runs > 0) return;
    // Otherwise an entry would remain for every instance that ever existed.
    this.#runsOf.delete(folder);
    this.#logs.release(folder);
  }

  /** Checks that the log files are still at their paths. */
  sweep(): void {
    this.#logs.sweep();
  }

  /** Reopens log files that were moved away (SIGUSR1). */
  reopen(): void {
    this.#logs.reopen();
  }

  #takeUp(
    run: Run,
    place: {readonly folder: string; readonly maxSize: number},
    earlier: EarlierPipes | null,
    done: (isShort: boolean) => void,
  ): void {
    const logs = this.#logsOf(run, place.folder, place.maxSize);
    this.#late.set(run, place);
    this.#opening.add(run);
    findFifos(this.#runsFolder, run, earlier, found => {
      this.#opening.delete(run);
      let isShort = false;
      try {
        if (found instanceof Error) throw found;
        this.#connect(run, logs, found);
      } catch (error) {
        // Otherwise the FIFOs are gone: their output was drained before the earlier keeper died, or they were removed.
        isShort = isShortage(error);
      }
      if (!isShort) {
        this.#late.delete(run);
        this.#draining.delete(run);
      }
      done(isShort);
    });
  }

  #logsOf(run: Run, folder: string, maxSize: number): Record<Stream, LogFile> {
    if (!this.#folderOf.has(run.token)) this.#runsOf.set(folder, (this.#runsOf.get(folder) ?? 0) + 1);
    this.#folderOf.set(run.token, folder);
    return this.#logs.of(folder, maxSize, {
      wrote: stream => {
        const token = this.#watched.get(folder);
        if (token !== undefined) this.#emitFact({type: 'wrote', token, stream});
      },
      rotated: () => this.#emitFact({type: 'rotated', folder}),
      held: (stream, error) => this.#noteHeld(run.id, stream, error),
      repaired: (_stream, message) => this.#emitFact({type: 'log-repaired', id: run.id, message}),
    });
  }

  #connect(run: Run, logs: Record<Stream, LogFile>, fifos: Fifos): void {
    equip(run, {output: new Output(this.#runsFolder, run.token, logs, this.#epoll, this.#store, fifos)});
  }

  #noteHeld(id: string, stream: Stream, error: string | null): void {
    const errors = this.#held.get(id) ?? new Map<Stream, string>();
    const before = errors.size;
    if (error === null) errors.delete(stream);
    else errors.set(stream, error);
    if (errors.size === 0) this.#held.delete(id);
    else this.#held.set(id, errors);
    // Both streams of an instance are on one disk: only the first hold and the last release are reported.
    if (before === 0 || errors.size === 0) this.#emitFact({type: 'output-held', id, error});
  }
}
