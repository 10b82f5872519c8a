/**
 * TCP (tcp(7)): the other end of a connection within one network namespace is the socket with the two addresses
 * swapped, and both are one channel.
 */
import type {ChannelKind} from './channel-kind.ts';
import {socketEnds} from './socket-ends.ts';
import type {InetRow} from './socket-rows.ts';
import {socketsOf, type Sockets} from './sockets.ts';
import type {Snapshot} from './snapshot.ts';
import {portOf} from './address.ts';
import type {Channel} from './types.ts';

export const tcp: ChannelKind = {
  kind: 'tcp',
  needs: ['sockets'],
  read: snapshot => socketsOf(snapshot).flatMap(sockets => channelsIn(snapshot, sockets)),
};

function channelsIn(snapshot: Snapshot, {tcp: rows, namespace}: Sockets): Channel[] {
  const connected = new Map<string, InetRow>();
  const listening = new Set<string>();
  for (const row of rows) {
    if (row.state === 'LISTEN') listening.add(portOf(row.local));
    else if (row.state !== 'TIME_WAIT') connected.set(`${row.local} ${row.remote}`, row);
  }
  const channels: Channel[] = [];
  for (const row of rows) {
    if (!snapshot.sockets.has(row.inode)) continue;
    const other = row.state === 'LISTEN' ? undefined : connected.get(`${row.remote} ${row.local}`);
    const isPair = other !== undefined && other !== row && snapshot.sockets.has(other.inode);
    // Each pair occurs twice. The client is shown first, if it is known which one that is.
    if (isPair && !isFirst(row, other, listening)) continue;
    channels.push(channelOf(snapshot, row, other, namespace));
  }
  return channels;
}

function isFirst(row: InetRow, other: InetRow, listening: ReadonlySet<string>): boolean {
  const isServer = listening.has(portOf(row.local));
  const isOtherServer = listening.has(portOf(other.local));
  return isServer === isOtherServer ? row.inode < other.inode : isOtherServer;
}

function channelOf(snapshot: Snapshot, row: InetRow, other: InetRow | undefined, namespace: string | null): Channel {
  const sides = other === undefined || other === row || other.inode === 0 ? [row.inode] : [row.inode, other.inode];
  return {
    kind: 'tcp',
    id: `tcp:[${sides.toSorted((a, b) => a - b).join(',')}]`,
    name: row.state === 'LISTEN' ? row.local : `${row.local} -> ${row.remote}`,
    ends: socketEnds(snapshot, sides),
    detail: {
      local: row.local,
      remote: row.state === 'LISTEN' ? null : row.remote,
      state: row.state,
      // A connection that the listener has not accepted yet belongs to no process, and neither does a closed one.
      ...(other !== undefined && !snapshot.sockets.has(other.inode) ? {peer: unseen(other)} : {}),
      ...(namespace === null ? {} : {namespace}),
    },
  };
}

const unseen = ({inode, state}: InetRow): string =>
  inode !== 0
    ? 'held by no visible process'
    : state === 'ESTABLISHED' || state === 'SYN_RECV'
      ? 'not accepted yet'
      : 'closed';
