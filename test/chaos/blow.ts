/** What the imp can do. All that is left to chance is drawn beforehand, so that a seed gives the same blows again. */
import type {Field} from './field.ts';
import type {Prng} from '../simulation/prng.ts';

/** A blow that is about to be struck. */
export interface Strike {
  /** What is done, with every number. */
  readonly words: string;
  /** Done when the blow has been struck; what it sets going may go on. */
  strike(field: Field): void | Promise<void>;
}

export interface Blow {
  readonly name: string;
  /** How often it comes, in proportion to the others. */
  readonly weight: number;
  /** Parts of the supervisor that it would end; one that is spared at the time is not ended. */
  readonly ends?: readonly ('anchor' | 'keeper' | 'controller')[];
  /** Why it can't be struck here; null where it can. */
  impossible?(field: Field): string | null;
  draw(dice: Prng): Strike;
}
