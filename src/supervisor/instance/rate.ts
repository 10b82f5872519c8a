/**
 * Limits the rate of automatic restarts in the whole fleet. A burst of about one for each instance is not delayed, so a
 * thousand deaths at one moment cost no time; workers that crash in a loop are held to a rate that the machine can
 * bear. Restarts are admitted in order of arrival within each of two classes: first restarts in a row never wait for
 * those of crash loops. Manual starts are neither counted nor held.
 */
import type {JournalEvent} from '../../journal/events.ts';
import {isRecord} from '../equal.ts';
import type {Instance, Time} from '../types.ts';

/** `first`: the first restart in a row, as after a long run. `again`: each further one. */
export type RestartClass = 'first' | 'again';

export interface RateLimit {
  /** Restarts that are not delayed: this number for each instance of the fleet, and at least `leastBurst`. */
  readonly burstPerInstance: number;
  readonly leastBurst: number;
  /** Restarts a second after the burst. */
  readonly perSecond: number;
}

export type RateLimits = Readonly<Record<RestartClass, RateLimit>>;

/**
 * Returns the limits for a machine. Crash loops of interpreters cost the most: some 40 ms of a CPU for each start. Ten
 * a second for each CPU leave more than half of the machine to other work.
 */
export function rateLimitsFor(cpus: number): RateLimits {
  return {
    first: {burstPerInstance: 2, leastBurst: 100, perSecond: 25 * cpus},
    again: {burstPerInstance: 1, leastBurst: 100, perSecond: 10 * cpus},
  };
}

/** The used part of a burst at a moment (CLOCK_MONOTONIC, ms). It decreases by `perSecond` each second. */
interface Meter {
  readonly used: number;
  readonly at: number;
}

/** A period in which restarts are held back, with a short calm after it. */
export interface Storm {
  /** Wall clock, ms. */
  readonly since: number;
  /** The number of restarts held back so far. */
  readonly held: number;
  /** When the storm is over, unless another restart is held (CLOCK_MONOTONIC, ms). */
  readonly overAt: number;
}

/** Plain JSON: it is part of the snapshot. */
export interface RateState {
  readonly first: Meter;
  readonly again: Meter;
  readonly storm: Storm | null;
}

/** The time from the last held restart to the end of the storm (ms). */
export const CALM_MS = 5000;

const UNUSED: Meter = {used: 0, at: 0};
export const NO_RESTARTS: RateState = {first: UNUSED, again: UNUSED, storm: null};

const SECOND_MS = 1000;

export class RestartRate {
  readonly #limits: RateLimits;
  readonly #instances: () => number;
  #state: RateState;

  /** @param instances returns the number of instances in the fleet */
  constructor(limits: RateLimits, state: RateState, instances: () => number) {
    this.#limits = limits;
    this.#state = state;
    this.#instances = instances;
  }

  get state(): RateState {
    return this.#state;
  }

  /** Counts a restart. Returns when it may start (CLOCK_MONOTONIC, ms). */
  admit(kind: RestartClass, mono: number): number {
    const {burstPerInstance, leastBurst, perSecond} = this.#limits[kind];
    const used = this.#use(kind, 1, mono);
    const over = used - Math.max(leastBurst, burstPerInstance * this.#instances());
    return over <= 0 ? mono : mono + Math.ceil((over / perSecond) * SECOND_MS);
  }

  /** Counts a restart with a group, which is not delayed itself: later restarts wait longer. */
  charge(mono: number): void {
    this.#use('first', 1, mono);
    this.#use('again', 1, mono);
  }

  /**
   * Records the step of an instance: a newly held restart, or a held one that is cancelled. Returns the start of a
   * storm, or null.
   */
  note(before: Instance, next: Instance, {mono, wall}: Time): JournalEvent | null {
    const had = isHeld(before) && before.backoff.until > mono;
    if (had && next.backoff === null) this.#use(classOf(before.row), -1, mono);
    if (!isHeld(next) || next.backoff === before.backoff) return null;
    const {storm} = this.#state;
    const overAt = Math.max(storm?.overAt ?? 0, next.backoff.until + CALM_MS);
    this.#state = {...this.#state, storm: {since: storm?.since ?? wall, held: (storm?.held ?? 0) + 1, overAt}};
    return storm === null ? {type: 'storm-began', perSecond: this.#limits[classOf(next.row)].perSecond} : null;
  }

  /** Shortens the storm to the calm period, since no restart is held any more, whatever turns were assigned. */
  calm(mono: number): void {
    const {storm} = this.#state;
    if (storm === null || storm.overAt <= mono + CALM_MS) return;
    this.#state = {...this.#state, storm: {...storm, overAt: mono + CALM_MS}};
  }

  /** When the storm is over if no further restart is held, or null. */
  get overAt(): number | null {
    return this.#state.storm?.overAt ?? null;
  }

  /** Ends the storm if its time has come. Returns its event, or null. */
  endStorm({mono, wall}: Time): JournalEvent | null {
    const {storm} = this.#state;
    if (storm === null || storm.overAt > mono) return null;
    this.#state = {...this.#state, storm: null};
    return {type: 'storm-over', held: storm.held, forMs: Math.max(0, wall - storm.since)};
  }

  #use(kind: RestartClass, count: number, mono: number): number {
    const {used, at} = this.#state[kind];
    const left = Math.max(0, used - ((mono - at) / SECOND_MS) * this.#limits[kind].perSecond);
    const now = Math.max(0, left + count);
    this.#state = {...this.#state, [kind]: {used: now, at: mono}};
    return now;
  }
}

/**
 * Returns the class of a restart by its number in a row. The restart of a failed instance with its group (0) is not a
 * first one.
 */
export const classOf = (row: number): RestartClass => (row === 1 ? 'first' : 'again');

/** Returns whether an instance waits for the fleet's rate rather than its own backoff. */
export function isHeld(instance: Instance): instance is Instance & {readonly backoff: {readonly until: number}} {
  return instance.backoff?.held === true;
}

/** Returns whether a value from a snapshot is a rate state. */
export function isRateState(value: unknown): value is RateState {
  if (!isRecord(value)) return false;
  const {first, again, storm} = value;
  return (
    [first, again].every(isNumbers(['used', 'at'])) && (storm === null || isNumbers(['since', 'held', 'overAt'])(storm))
  );
}

const isNumbers =
  (keys: readonly string[]) =>
  (value: unknown): boolean =>
    isRecord(value) && keys.every(key => typeof value[key] === 'number');
