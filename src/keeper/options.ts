/** What a keeper is started with. */
import type {Code} from './code/installed.ts';
import type {Replaced} from './handover.ts';

export interface KeeperOptions {
  /** The fleet's folder. */
  readonly folder: string;
  readonly code: Code;
  readonly anchor: number | null;
  /** The anchor has handed on its queue of pipes. */
  readonly store: boolean;
  readonly ending: boolean;
  /** Descriptor 3 leads to a launcher that waits. */
  readonly launched: boolean;
  readonly replaced: Replaced | null;
  /** There is no fleet in the folder any more: what is left of it is ended. */
  readonly remains: boolean;
}
