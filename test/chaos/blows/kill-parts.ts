/** kill -9 of one, two or all parts of the supervisor. */
import type {Blow} from '../blow.ts';
import {PARTS, type PartName} from '../observation.ts';

export const killParts = (weight: number, ...ends: PartName[]): Blow => {
  const name = `kill ${ends.length === PARTS.length ? 'all three' : ends.join(' and ')}`;
  return {
    name,
    weight,
    ends,
    draw: () => ({words: name, strike: field => void field.signalParts(ends, 'SIGKILL')}),
  };
};
