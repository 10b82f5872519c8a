/** Channels, grouped by the nodes that they join. Channels of one kind between the same nodes are one join. */
import type {Channel, End, Kind} from '../../ipc/types.ts';
import type {Node} from './nodes.ts';

export interface Join {
  readonly kind: Kind;
  /** The nodes that write, connect or hold. */
  readonly from: readonly Node[];
  /** The nodes that read, accept or wait; empty if there are no others. */
  readonly to: readonly Node[];
  /** Whether the join has one direction only. */
  readonly oneWay: boolean;
  readonly channels: readonly Channel[];
}

/** The two sides of a channel. */
interface Sides {
  readonly from: readonly End[];
  readonly to: readonly End[];
  readonly oneWay: boolean;
}

function sidesOf({kind, ends, detail}: Channel): Sides {
  const divide = (isFrom: (end: End) => boolean, oneWay: boolean): Sides => ({
    from: ends.filter(isFrom),
    to: ends.filter(end => !isFrom(end)),
    oneWay,
  });
  switch (kind) {
    case 'pipe':
    case 'fifo':
    case 'mqueue':
    case 'sysv-msg': {
      // A process with mode `rw`, such as a writer that keeps its FIFO from breaking, counts as a reader only if there
      // is no other.
      const readers = ends.filter(({mode}) => mode === 'r');
      const to = readers.length > 0 ? readers : ends.filter(({mode}) => mode === 'rw');
      return {from: ends.filter(({mode}) => mode !== 'r'), to, oneWay: true};
    }
    case 'unix':
    case 'tcp':
    case 'udp':
      return divide(({socket}) => socket === ends[0]?.socket, false);
    case 'pty':
      return divide(({side}) => side === 'master', false);
    case 'lock': {
      const holders = new Set(Array.isArray(detail['holders']) ? (detail['holders'] as unknown[]) : []);
      return divide(({pid}) => holders.has(pid), true);
    }
    case 'shm':
    case 'sysv-shm':
    case 'sysv-sem':
    case 'eventfd':
    case 'signal': {
      // These have no ends: they are shared, and the first process is put on a side of its own.
      const first = ends[0]?.pid;
      return divide(({pid}) => pid === first, false);
    }
  }
}

export function joinsOf(channels: readonly Channel[], nodes: ReadonlyMap<number, Node>): Join[] {
  const joins = new Map<string, Join & {channels: Channel[]}>();
  for (const channel of channels) {
    const sides = sidesOf(channel);
    const from = distinct(sides.from, nodes);
    const to = distinct(sides.to, nodes);
    const key = `${channel.kind}\n${keyOf(from)}\n${keyOf(to)}`;
    const known = joins.get(key);
    if (known) known.channels.push(channel);
    else joins.set(key, {kind: channel.kind, from, to, oneWay: sides.oneWay, channels: [channel]});
  }
  return [...joins.values()];
}

const keyOf = (nodes: readonly Node[]): string => nodes.map(({key}) => key).join('\t');

function distinct(ends: readonly End[], nodes: ReadonlyMap<number, Node>): Node[] {
  const found = new Map<string, Node>();
  for (const {pid} of ends) {
    const node = nodes.get(pid) ?? {key: `p ${pid}`, label: String(pid), group: String(pid)};
    found.set(node.key, node);
  }
  return [...found.values()];
}

/** Whether the channel has several processes, or a name through which others could join, or was left behind by all. */
export function joinsAny({kind, name, ends}: Channel): boolean {
  if (kind === 'signal') return false;
  return name !== null || ends.length === 0 || ends.some(({pid}) => pid !== ends[0]?.pid);
}
