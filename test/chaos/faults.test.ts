/** The model of the wanted state, and the choice of blows. */
import {describe, expect, test} from 'vitest';
import {BLOWS} from './blows.ts';
import {imp} from './imp.ts';
import {firstFleet, temperOf} from './tempers.ts';
import {Wanted} from './wanted.ts';

describe('the model', () => {
  const model = (): Wanted => new Wanted([{name: 'web', temper: 'steady', instances: 3}]);
  const up = (wanted: Wanted): string => [...wanted.up().keys()].join(' ');

  test('a stopped instance stays stopped until its definition changes', () => {
    const wanted = model();
    wanted.stop(['web/2']);
    wanted.apply();
    expect(up(wanted)).toBe('web/1 web/3');
    wanted.describe('web', {temper: 'steady', instances: 3, version: 2});
    expect(wanted.apply()).toEqual(['web/1', 'web/2', 'web/3']);
    expect(up(wanted)).toBe('web/1 web/2 web/3');
  });

  test('a scaled count lasts until the file is applied; new instances are wanted if the existing ones are', () => {
    const wanted = model();
    expect(wanted.scale('web', 5)).toEqual(['web/4', 'web/5']);
    expect(wanted.apply()).toEqual(['web/4', 'web/5']);
    wanted.stop(['web/1', 'web/2', 'web/3']);
    wanted.scale('web', 4);
    expect(up(wanted)).toBe('');
  });

  test('the first fleet has 200 instances, of all tempers', () => {
    const fleet = firstFleet(200);
    expect(fleet.reduce((sum, {instances}) => sum + instances, 0)).toBe(200);
    expect(new Set(fleet.map(({temper}) => temperOf(temper))).size).toBe(8);
  });
});

describe('the imp', () => {
  const words = (seed: number): string => {
    const rounds = imp(seed, BLOWS);
    return Array.from({length: 300}, () => {
      const {blows, spared} = rounds.next().value;
      expect(blows.flatMap(({blow}) => blow.ends ?? []).filter(part => spared.includes(part))).toEqual([]);
      return blows.map(({strike, pauseMs}) => `${pauseMs} ${strike.words}`).join('\n');
    }).join('\n');
  };

  test('strikes the same blows for the same seed and other blows for another, and in time every blow', () => {
    expect(words(7)).toBe(words(7));
    expect(words(7)).not.toBe(words(8));
    const rounds = imp(7, BLOWS);
    const struck = Array.from({length: 300}, () => rounds.next().value.blows.map(({blow}) => blow.name)).flat();
    expect(new Set(struck).size).toBe(BLOWS.length);
  });
});
