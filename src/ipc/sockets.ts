/** All sockets, by protocol, of the network namespaces in which the processes of a snapshot hold any. */
import {readlinkSync} from 'node:fs';
import {join} from 'node:path';
import {dumpInetSockets, dumpUnixSockets} from '../posix/netlink.ts';
import {isShortage} from '../process/stat.ts';
import {inetRowOf, inetRowOfLine, unixRowOf, unixRowsOfText, type InetRow, type UnixRow} from './socket-rows.ts';
import type {Snapshot} from './snapshot.ts';
import {PROC} from './source.ts';

/** The sockets of one network namespace, by inode. */
export interface Sockets {
  /** `net:[4026531833]`; null for the namespace of this program. */
  readonly namespace: string | null;
  readonly unix: ReadonlyMap<number, UnixRow>;
  readonly tcp: readonly InetRow[];
  readonly udp: readonly InetRow[];
}

const FAMILIES = [
  {family: 2, suffix: ''},
  {family: 10, suffix: '6'},
] as const;
const PROTOCOLS = {tcp: 6, udp: 17} as const;

const computed = new WeakMap<Snapshot, readonly Sockets[]>();

/** Returns the sockets of each namespace, this one first. The result is cached, since three kinds need it. */
export function socketsOf(snapshot: Snapshot): readonly Sockets[] {
  let all = computed.get(snapshot);
  if (all === undefined) {
    const own = ownSockets(snapshot);
    all = [own, ...foreignSockets(snapshot, own)];
    computed.set(snapshot, all);
  }
  return all;
}

function ownSockets(snapshot: Snapshot): Sockets {
  const live = snapshot.root === PROC;
  return {
    namespace: null,
    unix: (live ? toldUnix() : null) ?? unixRowsOfText(snapshot.text(null, 'net/unix') ?? ''),
    tcp: inet(snapshot, null, 'tcp', live),
    udp: inet(snapshot, null, 'udp', live),
  };
}

function toldUnix(): Map<number, UnixRow> | null {
  const rows = new Map<number, UnixRow>();
  try {
    dumpUnixSockets(message => {
      const row = unixRowOf(message);
      if (row !== null) rows.set(row.inode, row);
    });
    return rows;
  } catch (error) {
    if (isShortage(error)) throw error;
    // No unix_diag, or a sandbox without netlink: the fallback has no peers.
    return null;
  }
}

function inet(snapshot: Snapshot, pid: number | null, protocol: 'tcp' | 'udp', live: boolean): InetRow[] {
  return FAMILIES.flatMap(({family, suffix}) => {
    const told = live ? toldInet(family, PROTOCOLS[protocol]) : null;
    if (told !== null) return told;
    const lines = (snapshot.text(pid, `net/${protocol}${suffix}`) ?? '').split('\n');
    return lines.map(inetRowOfLine).filter(row => row !== null);
  });
}

function toldInet(family: 2 | 10, protocol: 6 | 17): InetRow[] | null {
  const rows: InetRow[] = [];
  try {
    dumpInetSockets(family, protocol, message => {
      const row = inetRowOf(message);
      if (row !== null) rows.push(row);
    });
    return rows;
  } catch (error) {
    if (isShortage(error)) throw error;
    return null;
  }
}

/** Looks for sockets that this namespace lacks in the namespaces of their holders. */
function foreignSockets(snapshot: Snapshot, own: Sockets): Sockets[] {
  const known = new Set([...own.tcp, ...own.udp].map(({inode}) => inode));
  const holders = new Set<number>();
  for (const [inode, ends] of snapshot.sockets)
    if (!known.has(inode) && !own.unix.has(inode)) for (const {pid} of ends) holders.add(pid);
  const mine = namespaceOf(snapshot.root, 'self');
  const found = new Map<string, Sockets>();
  for (const pid of holders) {
    const namespace = namespaceOf(snapshot.root, pid);
    if (namespace === null || namespace === mine || found.has(namespace)) continue;
    found.set(namespace, {
      namespace,
      unix: unixRowsOfText(snapshot.text(pid, 'net/unix') ?? ''),
      tcp: inet(snapshot, pid, 'tcp', false),
      udp: inet(snapshot, pid, 'udp', false),
    });
  }
  return [...found.values()];
}

function namespaceOf(root: string, pid: number | 'self'): string | null {
  try {
    return readlinkSync(join(root, String(pid), 'ns', 'net'));
  } catch {
    return null;
  }
}
