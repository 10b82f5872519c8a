/** Upgrades, alternating between two copies of the program. */
import type {Blow} from '../blow.ts';

export const upgrade: Blow = {
  name: 'brood upgrade',
  weight: 5,
  draw: () => ({
    words: 'upgrade to the other copy of the program',
    strike(field) {
      field.edition = field.edition === 'a' ? 'b' : 'a';
      field.ask(['upgrade']);
    },
  }),
};
