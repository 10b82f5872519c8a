/** The reader of one kind of channel: each kind has one in a file of its own, listed in `kinds.ts`. */
import type {Need, Snapshot} from './snapshot.ts';
import type {Channel, Kind} from './types.ts';

export interface ChannelKind {
  readonly kind: Kind;
  readonly needs: readonly Need[];
  /** Returns the channels of that kind that the snapshot shows. */
  read(snapshot: Snapshot): Channel[];
}
