/** The imp: an endless sequence of blows, determined by a seed alone. */
import type {Blow, Strike} from './blow.ts';
import {PARTS, type PartName} from './observation.ts';
import {Prng} from '../simulation/prng.ts';

export interface PlannedBlow {
  readonly number: number;
  readonly blow: Blow;
  readonly strike: Strike;
  /** Time since the previous blow. */
  readonly pauseMs: number;
}

/** Blows in quick succession, after which the fleet must settle. */
export interface Round {
  readonly number: number;
  readonly blows: readonly PlannedBlow[];
  /** Parts that are not killed for a while: only a long-lived process can be seen to grow. */
  readonly spared: readonly PartName[];
}

/** Draws the spared parts, and for how many rounds. */
function drawSpared(dice: Prng, first: boolean): {readonly spared: readonly PartName[]; readonly rounds: number} {
  const rounds = 5 + dice.int(25);
  if (first || dice.chance(0.4)) return {spared: [], rounds: first ? 12 : rounds};
  const spared = dice.pick<readonly PartName[]>([['keeper'], ['controller'], PARTS]);
  return {spared, rounds};
}

function pickWeighted(dice: Prng, blows: readonly Blow[]): Blow {
  let at = dice.next() * blows.reduce((sum, {weight}) => sum + weight, 0);
  for (const blow of blows) if ((at -= blow.weight) < 0) return blow;
  return dice.pick(blows);
}

export function* imp(seed: number, blows: readonly Blow[]): Generator<Round, never> {
  const dice = new Prng(seed);
  let era = drawSpared(dice, true);
  let left = era.rounds;
  let number = 0;
  for (let round = 1; ; round++) {
    if (left-- === 0) {
      era = drawSpared(dice, false);
      left = era.rounds - 1;
    }
    const {spared} = era;
    const possible = blows.filter(({ends = []}) => !ends.some(part => spared.includes(part)));
    const count = dice.chance(0.5) ? 1 : 2 + dice.int(3);
    const planned: PlannedBlow[] = [];
    for (let i = 0; i < count; i++) {
      const blow = pickWeighted(dice, possible);
      const pauseMs = i === 0 ? 0 : Math.floor(dice.next() ** 2 * 2000);
      planned.push({number: ++number, blow, pauseMs, strike: blow.draw(dice)});
    }
    yield {number: round, blows: planned, spared};
  }
}
