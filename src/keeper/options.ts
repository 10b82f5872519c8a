/** The options of a keeper. */
import type {Code} from './code/installed.ts';
import type {Replaced} from './handover.ts';

export interface KeeperOptions {
  /** The fleet's folder. */
  readonly folder: string;
  readonly code: Code;
  readonly anchor: number | null;
  /** The anchor has passed on its queue of pipes. */
  readonly store: boolean;
  readonly ending: boolean;
  /** A launcher waits at the other end of descriptor 3. */
  readonly launched: boolean;
  readonly replaced: Replaced | null;
  /** The folder holds no fleet any more: the keeper ends what is left of it. */
  readonly remains: boolean;
}
