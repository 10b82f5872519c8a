/** What the keeper does for a kind of channel that workers inherit: a file a kind, which `inherited.ts` lists. */
import type {GrantKind, GrantOf} from '../../link/channels.ts';
import type {EarlierPipes} from '../pipe-store/earlier.ts';
import type {Holder} from './fetched-sockets.ts';

export interface PrepareOptions {
  /** The worker is another user than this one: it may open its descriptor again (`/dev/fd/3`). */
  readonly shared: boolean;
  /** Asked before another one is opened. */
  readonly isWanted: () => boolean;
}

export interface InheritedKind<K extends GrantKind> {
  /** Whether a thread has to open it before a run begins. */
  mustPrepare(grant: GrantOf<K>): boolean;
  /** Why that may take long, for who waited in vain. */
  readonly whySlow: string;
  /**
   * Opens what takes a thread. Answers descriptors that are the run's alone, to be let go of after the spawn, however it went.
   * Rejects with ChannelError.
   */
  prepare(grants: readonly GrantOf<K>[], options: PrepareOptions): Promise<readonly number[]>;
  /** The descriptors that a worker gets. Throws ChannelError. */
  open(grants: readonly GrantOf<K>[], prepared: readonly number[]): readonly number[];
  /** Takes up what can be found without any worker. */
  takeUp(earlier: EarlierPipes): void;
  /** Takes up what only a living worker of an earlier keeper has, from its descriptor `first` on. */
  fetch(run: Holder & {readonly pidfd: number | null}, grants: readonly GrantOf<K>[], first: number): void;
  /** Closes what is not declared any more; workers that run keep theirs. Resolves when what it has made on disk is gone. */
  keepOnly(grants: readonly GrantOf<K>[]): Promise<void>;
}
