/**
 * How fast automatic restarts may follow each other in the whole fleet. A burst of about one for each instance goes at
 * once, so that a thousand deaths at one moment cost nobody time; workers that die again and again are held to what the
 * machine can bear. Who comes first is served first, in each of two classes: those that die for the first time in a row
 * never wait for those that crash in a loop. What people start is neither counted nor held.
 */
import type {JournalEvent} from '../../journal/events.ts';
import {isRecord} from '../equal.ts';
import type {Instance, Time} from '../types.ts';

/** `first`: the first restart in a row, as after a long run. `again`: each one more. */
export type RestartClass = 'first' | 'again';

export interface RateLimit {
  /** Restarts that are let through at once: so many for each instance of the fleet, and `leastBurst` at least. */
  readonly burstPerInstance: number;
  readonly leastBurst: number;
  /** Restarts a second, once those are used up. */
  readonly perSecond: number;
}

export type RateLimits = Readonly<Record<RestartClass, RateLimit>>;

/**
 * The limits of a machine. A program that crashes in a loop costs the most when it is an interpreter: some 40 ms of a
 * CPU for each start. Ten a second for each CPU leave more than half of the machine to the others.
 */
export function rateLimitsFor(cpus: number): RateLimits {
  return {
    first: {burstPerInstance: 2, leastBurst: 100, perSecond: 25 * cpus},
    again: {burstPerInstance: 1, leastBurst: 100, perSecond: 10 * cpus},
  };
}

/** What of a burst is used up at a moment (CLOCK_MONOTONIC, ms); `perSecond` of it comes back each second. */
interface Meter {
  readonly used: number;
  readonly at: number;
}

/** Restarts are held back, or were until a moment ago. */
export interface Storm {
  /** Wall clock, ms. */
  readonly since: number;
  /** Restarts that were held back until now. */
  readonly held: number;
  /** When it is over, unless one more is held (CLOCK_MONOTONIC, ms). */
  readonly overAt: number;
}

/** Plain JSON: it is part of the snapshot. */
export interface RateState {
  readonly first: Meter;
  readonly again: Meter;
  readonly storm: Storm | null;
}

/** So long after the last restart that was held the storm is over (ms). */
export const CALM_MS = 5000;

const UNUSED: Meter = {used: 0, at: 0};
export const NO_RESTARTS: RateState = {first: UNUSED, again: UNUSED, storm: null};

const SECOND_MS = 1000;

export class RestartRate {
  readonly #limits: RateLimits;
  readonly #instances: () => number;
  #state: RateState;

  /** @param instances how many the fleet has now. */
  constructor(limits: RateLimits, state: RateState, instances: () => number) {
    this.#limits = limits;
    this.#state = state;
    this.#instances = instances;
  }

  get state(): RateState {
    return this.#state;
  }

  /** Counts one restart more, which is decided on now; answers when it may begin (CLOCK_MONOTONIC, ms). */
  admit(kind: RestartClass, mono: number): number {
    const {burstPerInstance, leastBurst, perSecond} = this.#limits[kind];
    const used = this.#use(kind, 1, mono);
    const over = used - Math.max(leastBurst, burstPerInstance * this.#instances());
    return over <= 0 ? mono : mono + Math.ceil((over / perSecond) * SECOND_MS);
  }

  /** Counts one that goes along with its group: those that come after it wait the longer. */
  charge(mono: number): void {
    this.#use('first', 1, mono);
    this.#use('again', 1, mono);
  }

  /** What the step of an instance means: it is held, or will not take the turn that it waited for. */
  note(before: Instance, next: Instance, {mono, wall}: Time): JournalEvent | null {
    const had = isHeld(before) && before.backoff.until > mono;
    if (had && next.backoff === null) this.#use(classOf(before.row), -1, mono);
    if (!isHeld(next) || next.backoff === before.backoff) return null;
    const {storm} = this.#state;
    const overAt = Math.max(storm?.overAt ?? 0, next.backoff.until + CALM_MS);
    this.#state = {...this.#state, storm: {since: storm?.since ?? wall, held: (storm?.held ?? 0) + 1, overAt}};
    return storm === null ? {type: 'storm-began', perSecond: this.#limits[classOf(next.row)].perSecond} : null;
  }

  /** Nobody is held any more, whatever the turns were that they had. */
  calm(mono: number): void {
    const {storm} = this.#state;
    if (storm === null || storm.overAt <= mono + CALM_MS) return;
    this.#state = {...this.#state, storm: {...storm, overAt: mono + CALM_MS}};
  }

  /** When the storm is over, if no more come. */
  get overAt(): number | null {
    return this.#state.storm?.overAt ?? null;
  }

  /** The end of the storm, once its time has come. */
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

/** By the number of restarts in a row, this one among them. One that gets another chance with its group is none of the first. */
export const classOf = (row: number): RestartClass => (row === 1 ? 'first' : 'again');

/** Whether the fleet's rate, and not its own backoff, is what it waits for. */
export function isHeld(instance: Instance): instance is Instance & {readonly backoff: {readonly until: number}} {
  return instance.backoff?.held === true;
}

/** Whether what was read back is one. */
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
