/**
 * The controller's turn: takes inputs, lets the core decide, commits its decisions, then carries them out. Nothing is
 * done before it is committed, so a controller that is killed between any two steps neither loses nor repeats one.
 */
import {errorCode} from '../../base/errors.ts';
import {monotonic, now} from './clock.ts';
import type {Journal} from '../../journal/writer.ts';
import {Waiters} from './waiters.ts';
import {JournalPace} from './journal-pace.ts';
import {SupersededError, type SnapshotFile} from '../state/snapshot-file.ts';
import {encodeSaved, type Saved} from '../state/launch.ts';
import type {Effect, Input, Instance, Time} from '../../supervisor/types.ts';
import {noteWork} from '../../posix/collect.ts';
import type {Core} from '../../supervisor/index.ts';

/** Room reserved beyond the snapshot's current size, for changes that make it larger. */
const ROOM_BYTES = 64 * 1024;
const LONGEST_TIMER_MS = 60_000;
/** How long facts without effects may wait for a commit. */
const GATHER_MS = 50;
/** Time for the inputs of one turn: clients are answered between turns, also when all workers die at once. */
const SLICE_MS = 8;
/** After this time without a commit, the next one is of the whole state. */
const QUIET_MS = 1_000;

export interface EngineOptions {
  readonly core: Core;
  readonly snapshot: SnapshotFile;
  readonly journal: Journal;
  /** What is committed besides the core. */
  readonly saved: () => Omit<Saved, 'seq'>;
  /** Carries out the effects of one turn. */
  readonly carryOut: (effects: readonly Effect[]) => void;
  /** Returns whether this controller's keeper is still there: another one may have started another controller. */
  readonly isCurrent: () => boolean;
  /** Called when another controller has committed: this one must not decide any more. */
  readonly superseded: () => void;
}

const isForget = ({type}: Effect): boolean => type === 'forget';

export class Engine {
  readonly #options: EngineOptions;
  readonly #waiters = new Waiters();
  #inputs: Input[] = [];
  #effects: Effect[] = [];
  #scheduled = false;
  #timer: NodeJS.Timeout | null = null;
  #commitError: string | null = null;
  /** Runs while facts wait for their commit. */
  #gathering: NodeJS.Timeout | null = null;
  #overdue = false;
  /** Runs until all is quiet, while the halves do not hold the same whole state. */
  #quiet: NodeJS.Timeout | null = null;
  #isQuiet = false;
  /** `forget` effects that wait for the next commit. */
  #forgotten: Effect[] = [];
  #closed = false;
  readonly #pace = new JournalPace({
    note: event => this.note(event),
    now: monotonic,
    later: (action, ms) => {
      const timer = setTimeout(action, ms).unref();
      return () => clearTimeout(timer);
    },
  });

  constructor(options: EngineOptions) {
    this.#options = options;
  }

  get core(): Core {
    return this.#options.core;
  }

  /** Error of the last commit, or null. */
  get commitError(): string | null {
    return this.#commitError;
  }

  /** Queues inputs for the next turn. */
  feed(...inputs: readonly Input[]): void {
    this.#inputs.push(...inputs);
    this.#schedule();
  }

  /** Adds effects of a restored core, to be carried out after the next commit. */
  replay(effects: readonly Effect[]): void {
    this.#effects.push(...effects);
    this.#schedule();
  }

  /** Writes a journal line in the next turn. */
  note(event: Extract<Effect, {type: 'journal'}>['event']): void {
    this.#effects.push({type: 'journal', event});
    this.#schedule();
  }

  /** Returns whether a change that makes the state larger by about `bytes` can be recorded. */
  canRecord(bytes: number): boolean {
    if (this.#closed) return false;
    try {
      this.#options.snapshot.reserve(Buffer.byteLength(this.#encode(this.core.snapshot(), '')) + bytes + ROOM_BYTES);
      // There may be room again, and nothing was recorded since the failure.
      if (this.#commitError !== null) this.#commit();
      return this.#commitError === null;
    } catch {
      return false;
    }
  }

  /**
   * Resolves after the first turn that leaves no inputs and at which `settled` returns true, when `signal` is aborted,
   * or after `timeoutMs`.
   */
  async until(settled: () => boolean, signal: AbortSignal, timeoutMs?: number): Promise<void> {
    if (signal.aborted) return;
    // Queued inputs must be handled first: until then, the old state may look like the wanted one.
    this.#schedule();
    await this.#waiters.add(settled, signal, timeoutMs);
  }

  /** Commits and writes what has been deferred. */
  settle(): void {
    if (this.#closed) return;
    if (!this.#options.isCurrent()) {
      this.abandon();
      return;
    }
    if (this.#gathering !== null || this.#isQuiet) this.#commit();
    if (!this.#isClosed()) this.#options.journal.flush();
  }

  /** Writes the whole state to both halves, which are lost or damaged. Returns whether that succeeded. */
  recommit(): boolean {
    if (this.#closed || !this.#options.isCurrent()) return false;
    this.#isQuiet = true;
    this.#commit();
    return this.#commitError === null;
  }

  /** Writes what is pending and takes no further turn. */
  close(): void {
    if (!this.#closed) for (const line of this.#pace.end()) this.#options.journal.add(line, now().wall);
    this.settle();
    this.abandon();
  }

  /** Takes no further turn and commits nothing any more: the state belongs to another controller. */
  abandon(): void {
    this.#closed = true;
    if (this.#timer) clearTimeout(this.#timer);
    this.#awaitQuiet(false);
  }

  instancesOf(worker: string): Instance[] {
    return [...this.core.instances()].filter(instance => instance.worker === worker);
  }

  /** Reads the field again: a commit may find that another controller has taken over. */
  #isClosed(): boolean {
    return this.#closed;
  }

  #schedule(): void {
    if (this.#scheduled || this.#closed) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      if (!this.#closed) this.#turn();
    });
  }

  #turn(): void {
    const {core, journal, isCurrent} = this.#options;
    // The link's end may be noticed only after this turn, and a successor may have read the state without its commit.
    if (!isCurrent()) {
      this.abandon();
      return;
    }
    const effects = this.#effects;
    this.#effects = [];
    const time = now();
    const inputs = this.#handle(time, effects);
    const due = core.nextDeadline();
    if (due !== null && due <= time.mono) effects.push(...core.handle({type: 'tick'}, time));
    for (const effect of effects)
      if (effect.type === 'journal' && this.#pace.admits(effect.event)) journal.add(effect.event, time.wall);
    const ready = this.#commitFor(inputs, effects);
    if (this.#closed) return;
    if (this.#gathering === null) journal.flush();
    this.#options.carryOut(ready);
    if (this.#inputs.length === 0) this.#waiters.wake();
    this.#plan();
  }

  /** Handles queued inputs, for as long as a turn may take. Returns those that were handled. */
  #handle(time: Time, effects: Effect[]): readonly Input[] {
    let handled = 0;
    for (const input of this.#inputs) {
      if (handled > 0 && monotonic() - time.mono > SLICE_MS) break;
      effects.push(...this.core.handle(input, time));
      noteWork();
      handled++;
    }
    const inputs = this.#inputs.splice(0, handled);
    if (this.#inputs.length > 0) this.#schedule();
    return inputs;
  }

  /**
   * Commits what the effects depend on, and returns those that may be carried out. Facts alone can wait a moment, since
   * the keeper repeats them to the next controller; so a thousand workers that start cost a few commits and not a
   * thousand. `forget` effects wait until a commit has succeeded.
   */
  #commitFor(inputs: readonly Input[], effects: readonly Effect[]): readonly Effect[] {
    const asked = inputs.some(input => !('token' in input) && input.type !== 'tick');
    const acts = effects.some(({type}) => type !== 'journal' && type !== 'forget');
    if (asked || acts || this.#overdue) {
      this.#commit();
      this.#forgotten.push(...effects.filter(isForget));
      const others = effects.filter(effect => !isForget(effect));
      return this.#commitError === null ? [...others, ...this.#forgotten.splice(0)] : others;
    }
    // A tick without effects needs no commit.
    const isNothing = effects.length === 0 && inputs.every(({type}) => type === 'tick');
    if (isNothing && this.#forgotten.length === 0) return effects;
    this.#gathering ??= setTimeout(() => {
      this.#overdue = true;
      this.#schedule();
    }, GATHER_MS);
    this.#forgotten.push(...effects.filter(isForget));
    return [];
  }

  #encode(core: string, unwritten: string): string {
    const {journal, saved} = this.#options;
    return encodeSaved({...saved(), seq: journal.seq}, core, unwritten);
  }

  /** Schedules the write of the whole state for when nothing has happened for a while: then it delays nothing. */
  #awaitQuiet(isNeeded: boolean): void {
    if (this.#quiet !== null) clearTimeout(this.#quiet);
    this.#quiet = null;
    if (!isNeeded) return;
    this.#quiet = setTimeout(() => {
      this.#quiet = null;
      this.#isQuiet = true;
      this.settle();
    }, QUIET_MS);
  }

  #commit(): void {
    if (this.#gathering !== null) clearTimeout(this.#gathering);
    this.#gathering = null;
    this.#overdue = false;
    const {unwritten} = this.#options.journal;
    // On a full disk, the reserved room is for the state.
    this.#commitError = this.#write(unwritten);
    if (this.#commitError !== null && unwritten !== '') this.#commitError = this.#write('');
  }

  /** Writes the state. Returns null, or why it can't be written. */
  #write(unwritten: string): string | null {
    const {core, snapshot} = this.#options;
    try {
      const changes = this.#isQuiet ? null : core.changes();
      const isAppended = changes !== null && snapshot.append(this.#encode(changes, unwritten));
      if (!isAppended) {
        const whole = this.#encode(core.snapshot(), unwritten);
        snapshot.write(whole);
        // Both halves, so that a bad block in one of them costs nothing.
        if (this.#isQuiet) snapshot.write(whole);
      }
      core.committed();
      this.#awaitQuiet(!this.#isQuiet);
      this.#isQuiet = false;
      return null;
    } catch (error) {
      if (error instanceof SupersededError) {
        this.abandon();
        this.#options.superseded();
        return error.message;
      }
      // Stops must go on, and a restart that is not recorded beats a worker that stays down: commands that ask for more
      // are rejected meanwhile (canRecord).
      return errorCode(error, String(error));
    }
  }

  #plan(): void {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
    const due = this.core.nextDeadline();
    if (due === null || this.#scheduled) return;
    const wait = Math.min(Math.max(0, due - now().mono), LONGEST_TIMER_MS);
    // Rounded up: a timer that fires a fraction of a millisecond early would cause a useless turn.
    this.#timer = setTimeout(() => this.#schedule(), Math.ceil(wait));
  }
}
