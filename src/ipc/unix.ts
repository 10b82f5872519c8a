/** Unix sockets (unix(7)): two connected sockets are one channel, with the holders of either at its ends. */
import type {ChannelKind} from './channel-kind.ts';
import {socketEnds} from './socket-ends.ts';
import type {UnixRow} from './socket-rows.ts';
import {socketsOf, type Sockets} from './sockets.ts';
import type {Snapshot} from './snapshot.ts';
import type {Channel} from './types.ts';

export const unix: ChannelKind = {
  kind: 'unix',
  needs: ['sockets'],
  read: snapshot => socketsOf(snapshot).flatMap(sockets => channelsIn(snapshot, sockets)),
};

function channelsIn(snapshot: Snapshot, {unix: rows, namespace}: Sockets): Channel[] {
  const listeners = new Map<number, UnixRow>();
  for (const row of rows.values()) for (const client of row.pending) listeners.set(client, row);
  const channels: Channel[] = [];
  for (const row of rows.values()) {
    if (!snapshot.sockets.has(row.inode)) continue;
    const listener = listeners.get(row.inode);
    const peer = listener?.inode ?? row.peer;
    const other = peer === null ? undefined : rows.get(peer);
    // Two connected sockets occur twice, once from each side. The first one is enough.
    if (other?.peer === row.inode && other.inode < row.inode && snapshot.sockets.has(other.inode)) continue;
    channels.push(channelOf(snapshot, row, peer === 0 ? null : peer, other, listener !== undefined, namespace));
  }
  return channels;
}

function channelOf(
  snapshot: Snapshot,
  row: UnixRow,
  peer: number | null,
  other: UnixRow | undefined,
  isPending: boolean,
  namespace: string | null,
): Channel {
  const sides = peer === null ? [row.inode] : [row.inode, peer];
  // The accepted socket has the listener's name; the client's socket mostly has none.
  const name = row.name ?? other?.name ?? null;
  return {
    kind: 'unix',
    id: `unix:[${sides.toSorted((a, b) => a - b).join(',')}]`,
    name,
    ends: socketEnds(snapshot, sides),
    detail: {
      type: row.type,
      state: isPending ? 'not accepted yet' : stateOf(row),
      ...peerDetail(snapshot, row, peer),
      ...(namespace === null ? {} : {namespace}),
    },
  };
}

/** The kernel also shows a datagram socket as connected that others send to. */
const stateOf = ({type, state, peer}: UnixRow): UnixRow['state'] =>
  type === 'dgram' && peer === 0 ? 'unconnected' : state;

function peerDetail(snapshot: Snapshot, row: UnixRow, peer: number | null): Readonly<Record<string, unknown>> {
  // The kernel reports peers in its own network namespace only.
  if (row.peer === null) return row.state === 'established' ? {peer: 'unknown'} : {};
  if (peer === null || snapshot.sockets.has(peer)) return {};
  return {peer: 'held by no visible process'};
}
