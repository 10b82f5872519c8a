/** What a kind of channel is to the reader: one file has one, and `kinds.ts` lists them. */
import type {Need, Snapshot} from './snapshot.ts';
import type {Channel, Kind} from './types.ts';

export interface ChannelKind {
  readonly kind: Kind;
  readonly needs: readonly Need[];
  /** The channels of that kind, as far as the snapshot shows them. */
  read(snapshot: Snapshot): Channel[];
}
