/** A kind of channel that workers inherit, as the keeper handles it: one file per kind, listed by `inherited.ts`. */
import type {GrantKind, GrantOf} from '../../link/channels.ts';
import type {EarlierPipes} from '../pipe-store/earlier.ts';
import type {Holder} from './fetched-sockets.ts';

export interface PrepareOptions {
  /** Whether the worker runs as another user than this process: it may reopen its descriptor (`/dev/fd/3`). */
  readonly shared: boolean;
  /** Returns whether the channels are still wanted; called before each is opened. */
  readonly isWanted: () => boolean;
}

export interface InheritedKind<K extends GrantKind> {
  /** Returns whether a thread has to open the channel before a run begins. */
  mustPrepare(grant: GrantOf<K>): boolean;
  /** Why that may take long, for the message after a timeout. */
  readonly whySlow: string;
  /**
   * Opens the channels that need a thread. Returns descriptors of the run alone, to be closed after the spawn, whatever
   * its result. Rejects with ChannelError.
   */
  prepare(grants: readonly GrantOf<K>[], options: PrepareOptions): Promise<readonly number[]>;
  /** Returns the descriptors that a worker gets. Throws ChannelError. */
  open(grants: readonly GrantOf<K>[], prepared: readonly number[]): readonly number[];
  /** Adopts the channels that can be found without any worker. */
  takeUp(earlier: EarlierPipes): void;
  /** Fetches the channels that only a living worker of an earlier keeper has, from its descriptor `first` on. */
  fetch(run: Holder & {readonly pidfd: number | null}, grants: readonly GrantOf<K>[], first: number): void;
  /** Closes channels that are no longer declared; running workers keep theirs. Resolves when their files are gone. */
  keepOnly(grants: readonly GrantOf<K>[]): Promise<void>;
}
