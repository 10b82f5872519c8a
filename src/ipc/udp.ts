/**
 * UDP (udp(7)): two sockets that are connected to each other, or one that is connected to the address of another. A
 * socket that is only bound receives from any sender.
 */
import {networkInterfaces} from 'node:os';
import {hostOf, isLoopback, portOf} from './address.ts';
import type {ChannelKind} from './channel-kind.ts';
import {groupBy} from './files.ts';
import {socketEnds} from './socket-ends.ts';
import type {InetRow} from './socket-rows.ts';
import {socketsOf, type Sockets} from './sockets.ts';
import type {Snapshot} from './snapshot.ts';
import {PROC} from './source.ts';
import type {Channel} from './types.ts';

export const udp: ChannelKind = {
  kind: 'udp',
  needs: ['sockets'],
  read: snapshot => socketsOf(snapshot).flatMap(sockets => channelsIn(snapshot, sockets)),
};

const isConnected = ({remote}: InetRow): boolean => portOf(remote) !== '0';

function channelsIn(snapshot: Snapshot, {udp: rows, namespace}: Sockets): Channel[] {
  const connected = groupBy(rows.filter(isConnected), ({local, remote}) => `${local} ${remote}`);
  const bound = groupBy(
    rows.filter(row => !isConnected(row)),
    ({local}) => local,
  );
  const isHere = namespace === null && snapshot.root === PROC ? ownAddresses() : isLoopback;
  const channels: Channel[] = [];
  for (const row of rows) {
    if (!snapshot.sockets.has(row.inode)) continue;
    const mirrored = isConnected(row) ? connected.get(`${row.remote} ${row.local}`) : undefined;
    const receivers = mirrored ?? (isConnected(row) ? receiversOf(row.remote, bound, isHere) : []);
    // With several sockets on one address (SO_REUSEPORT), the kernel picks one per sender and does not report which.
    const other = receivers.length === 1 ? receivers[0] : undefined;
    const isMet = mirrored !== undefined && other !== undefined && other.inode < row.inode;
    if (isMet && snapshot.sockets.has(other.inode)) continue;
    channels.push(channelOf(snapshot, row, other, receivers.length, namespace));
  }
  return channels;
}

/** Returns the sockets that receive packets to an address: those bound to the address itself, else to all addresses. */
function receiversOf(
  remote: string,
  bound: ReadonlyMap<string, readonly InetRow[]>,
  isHere: (address: string) => boolean,
): readonly InetRow[] {
  const exact = bound.get(remote);
  if (exact !== undefined) return exact;
  const host = hostOf(remote);
  if (!isHere(host)) return [];
  const port = portOf(remote);
  return (host.startsWith('[') ? undefined : bound.get(`0.0.0.0:${port}`)) ?? bound.get(`[::]:${port}`) ?? [];
}

/** Without netlink (refused by a sandbox) only loopback is known of the machine's addresses. */
function interfaces(): ReturnType<typeof networkInterfaces> {
  try {
    return networkInterfaces();
  } catch {
    return {};
  }
}

function ownAddresses(): (address: string) => boolean {
  const own = new Set<string>();
  for (const addresses of Object.values(interfaces()))
    for (const {address, family} of addresses ?? []) own.add(family === 'IPv6' ? `[${address}]` : address);
  return address => own.has(address) || isLoopback(address);
}

function channelOf(
  snapshot: Snapshot,
  row: InetRow,
  other: InetRow | undefined,
  receivers: number,
  namespace: string | null,
): Channel {
  const sides = other === undefined || other === row ? [row.inode] : [row.inode, other.inode];
  const isSeen = other === undefined || snapshot.sockets.has(other.inode);
  return {
    kind: 'udp',
    id: `udp:[${sides.toSorted((a, b) => a - b).join(',')}]`,
    name: isConnected(row) ? `${row.local} -> ${row.remote}` : row.local,
    ends: socketEnds(snapshot, sides),
    detail: {
      local: row.local,
      remote: isConnected(row) ? row.remote : null,
      state: isConnected(row) ? 'ESTABLISHED' : 'UNCONNECTED',
      ...(isSeen ? {} : {peer: 'held by no visible process'}),
      ...(receivers > 1 ? {peer: `one of ${receivers} sockets that share the address`} : {}),
      ...(namespace === null ? {} : {namespace}),
    },
  };
}
