/** Channels as what they join. Many channels between the same two are one join. */
import type {Channel, End, Kind} from '../../ipc/types.ts';
import type {Node} from './nodes.ts';

export interface Join {
  readonly kind: Kind;
  /** Who writes, connects or holds; by label. */
  readonly from: readonly Node[];
  /** Who reads, is connected to or waits; empty where nobody else is there. */
  readonly to: readonly Node[];
  /** Whether it goes one way only. */
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
      // Who holds it for both, as the writer of a FIFO does that is not to break, reads only if nobody else does.
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
      // Nobody is at an end of these: they are shared, and the first one stands on its own side.
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

/** Whether it concerns more than one process, or others could come by its name, or it was left behind by all. */
export function joinsAny({kind, name, ends}: Channel): boolean {
  if (kind === 'signal') return false;
  return name !== null || ends.length === 0 || ends.some(({pid}) => pid !== ends[0]?.pid);
}
