/** kill -9 of one part of the supervisor, of two, of all. */
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
