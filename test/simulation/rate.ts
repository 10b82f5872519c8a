/**
 * The fleet's rate of restarts told a second time, from the contract alone: in no span of time are more restarts let
 * through than the burst and what the rate adds, and nobody waits longer than that takes.
 */
import type {JournalEvent} from '../../src/journal/events.ts';
import type {Instance, RateLimits} from '../../src/supervisor/index.ts';
import {promise} from './failure.ts';
import type {Prng} from './prng.ts';

type Kind = keyof RateLimits;

const KINDS: readonly Kind[] = ['first', 'again'];
/** What numbers with fractions may be off by; and turns are in whole milliseconds. */
const ABOUT_MS = 0.001;
const TURN_MS = 1;

/** Mostly so narrow that a few crashes use them up. */
export function randomLimits(rng: Prng): RateLimits {
  const limit = (): RateLimits[Kind] => ({
    burstPerInstance: rng.pick([0, 0.5, 2]),
    leastBurst: rng.pick([1, 4, 100]),
    perSecond: rng.pick([0.1, 1, 30]),
  });
  return {first: limit(), again: limit()};
}

const isHeld = ({backoff}: Instance, mono: number): boolean => backoff?.held === true && backoff.until > mono;

interface Counted {
  /** What was used up when this began to count. */
  used: number;
  since: number;
  /** When each restart since then was decided on. */
  readonly times: number[];
}

interface Written {
  readonly rate?: Readonly<Record<Kind, {readonly used: number; readonly at: number}>> & {readonly storm: unknown};
}

export class RateModel {
  readonly #limits: RateLimits;
  #counted: Record<Kind, Counted> = {first: {used: 0, since: 0, times: []}, again: {used: 0, since: 0, times: []}};
  #isStorm = false;

  constructor(limits: RateLimits) {
    this.#limits = limits;
  }

  /** Takes over what a snapshot says: after a restore, and when people have taken somebody's turn away. */
  adopt(snapshot: string): void {
    const {rate} = JSON.parse(snapshot) as Written;
    for (const kind of KINDS) {
      const {used, at} = rate?.[kind] ?? {used: 0, at: 0};
      this.#counted[kind] = {used, since: at, times: []};
    }
    this.#isStorm = rate?.storm != null;
  }

  /** One that goes along with its group. */
  charge(mono: number): void {
    for (const kind of KINDS) this.#counted[kind].times.push(mono);
  }

  /** One restart more; when it may begin at the earliest. */
  #take(kind: Kind, instances: number, mono: number): number {
    const {used, since, times} = this.#counted[kind];
    times.push(mono);
    const {burstPerInstance, leastBurst, perSecond} = this.#limits[kind];
    const burst = Math.max(leastBurst, burstPerInstance * instances);
    let earliest = Math.max(mono, since + ((used + times.length - burst) * 1000) / perSecond);
    for (const [i, from] of times.entries()) {
      earliest = Math.max(earliest, from + ((times.length - i - burst) * 1000) / perSecond);
    }
    return earliest;
  }

  /**
   * A restart was decided on: it begins no sooner than it may, and no later than that or its own backoff asks.
   *
   * @param latest what its policy asks for, at most; null where it can't be known.
   */
  decided(
    now: Instance,
    {row, instances, mono, latest}: {row: number; instances: number; mono: number; latest: number | null},
  ): void {
    const turn = this.#take(row === 1 ? 'first' : 'again', instances, mono);
    const {id, backoff, reason} = now;
    if (backoff === null) {
      promise(turn <= mono + ABOUT_MS, () => `${id} is restarted at once, though its turn comes at ${turn}`);
      return;
    }
    promise(backoff.until >= turn - ABOUT_MS, () => `${id} is restarted at ${backoff.until}, its turn is at ${turn}`);
    if (latest === null) return;
    promise(
      backoff.until <= Math.max(latest, turn) + TURN_MS,
      () => `${id} waits until ${backoff.until}, though its turn is at ${turn} and its backoff ends by ${latest}`,
    );
    promise(
      backoff.held || backoff.until <= latest + ABOUT_MS,
      () => `${id} waits longer than it must, and is not held`,
    );
    promise(!backoff.held || (reason ?? '').includes('restart rate limit'), () => `${id} does not say why it waits`);
  }

  /** Storms begin with one that is held, and end when nobody is. */
  journal(event: JournalEvent, instances: Iterable<Instance>, mono: number): void {
    if (event.type !== 'storm-began' && event.type !== 'storm-over') return;
    const began = event.type === 'storm-began';
    promise(this.#isStorm !== began, () => `${event.type}, and that was known`);
    this.#isStorm = began;
    const held = [...instances].some(instance => isHeld(instance, mono));
    promise(began || !held, () => 'the storm is over, and somebody is held');
  }

  /** Whoever is held is so in a storm. */
  checkHeld(instance: Instance, mono: number): void {
    promise(this.#isStorm || !isHeld(instance, mono), () => `${instance.id} is held, and nobody speaks of a storm`);
  }
}
