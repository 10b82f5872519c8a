/**
 * The interface of the imp's blows. All random choices are drawn in advance, so that a seed reproduces the same blows.
 */
import type {Field} from './field.ts';
import type {Prng} from '../simulation/prng.ts';

/** A blow ready to be struck. */
export interface Strike {
  /** A description of the action, with every number. */
  readonly words: string;
  /** Returns or resolves when the blow is struck; its effects may go on. */
  strike(field: Field): void | Promise<void>;
}

export interface Blow {
  readonly name: string;
  /** Frequency in proportion to the other blows. */
  readonly weight: number;
  /** Parts of the supervisor that the blow kills; while one of them is spared, the blow is not drawn. */
  readonly ends?: readonly ('anchor' | 'keeper' | 'controller')[];
  /** Returns why the blow can't be struck here, or null if it can. */
  impossible?(field: Field): string | null;
  draw(dice: Prng): Strike;
}
