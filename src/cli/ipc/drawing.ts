/** Channels as a drawing of nodes and edges, independent of the output language. */
import {groupBy} from '../../ipc/files.ts';
import type {Channel, Kind} from '../../ipc/types.ts';
import {plainText} from '../../text/sanitize.ts';
import type {Join} from '../../text/channels/joins.ts';
import {viewOf} from '../../text/channels/level.ts';
import {instanceOf, type Level, type Node} from '../../text/channels/nodes.ts';
import {count} from '../../base/format.ts';
import type {IpcReport} from './report.ts';
import {wordsOfJoin} from '../../text/channels/words.ts';

/** The most edges in a drawing. */
const MOST_EDGES = 400;
const MOST_LETTERS = 60;

export interface DrawnNode {
  /** Letters and digits. */
  readonly id: string;
  /** Contains untrusted names, which must be escaped, but no control characters. */
  readonly label: string;
  readonly shape: 'process' | 'channel';
  /** The worker's instance whose frame contains the node. */
  readonly frame: string | null;
}

export interface DrawnEdge {
  readonly from: string;
  readonly to: string;
  readonly label: string;
  readonly oneWay: boolean;
}

export interface Drawing {
  readonly nodes: readonly DrawnNode[];
  readonly edges: readonly DrawnEdge[];
  /** A note about what the drawing leaves out, or null. */
  readonly remark: string | null;
}

/** Groups nodes by their frames; null for nodes without one. */
export function framesOf(nodes: readonly DrawnNode[]): (readonly [string | null, readonly DrawnNode[]])[] {
  const framed = groupBy(
    nodes.filter(({frame}) => frame !== null),
    ({frame}) => frame ?? '',
  );
  const bare = nodes.filter(({frame}) => frame === null);
  return [...framed, ...(bare.length > 0 ? [[null, bare] as const] : [])];
}

export function drawingOf({processes, channels}: IpcReport, joinsAny: (channel: Channel) => boolean): Drawing {
  const drawn = channels.filter(channel => channel.kind !== 'signal' && joinsAny(channel));
  const {level, nodes, joins} = viewOf(processes, drawn, MOST_EDGES, edgesOf);
  const known = new Map<string, DrawnNode>();
  for (const process of processes) {
    const node = nodes.get(process.pid);
    if (node === undefined || known.has(node.key)) continue;
    known.set(node.key, {
      id: `p${known.size + 1}`,
      label: short(node.label),
      shape: 'process',
      frame: level === 'process' ? instanceOf(process) : null,
    });
  }
  const pen = new Pen(known);
  for (const join of joins) pen.draw(join);
  return {nodes: pen.nodes(), edges: pen.edges, remark: remarkOf(level, pen.leftOut)};
}

function remarkOf(level: Level, leftOut: number): string | null {
  const remarks = [
    ...(level === 'program' ? ['each node is a worker or a program: too many processes to draw'] : []),
    ...(leftOut > 0 ? [`${count(leftOut, 'further edge')} omitted`] : []),
  ];
  return remarks.length > 0 ? remarks.join('; ') : null;
}

/** A channel between two nodes is an edge; any other channel is a node with an edge to each of its ends. */
const isEdge = ({from, to}: Join): boolean => from.length === 1 && to.length === 1;
const edgesOf = (join: Join): number => (isEdge(join) ? 1 : join.from.length + join.to.length);

/** Draws at most MOST_EDGES edges, and only the nodes that they connect. */
class Pen {
  readonly edges: DrawnEdge[] = [];
  leftOut = 0;
  readonly #known: ReadonlyMap<string, DrawnNode>;
  readonly #used = new Set<DrawnNode>();
  readonly #channels: DrawnNode[] = [];

  constructor(known: ReadonlyMap<string, DrawnNode>) {
    this.#known = known;
  }

  draw(join: Join): void {
    const [from, to] = [this.#nodesOf(join.from), this.#nodesOf(join.to)];
    if (this.edges.length >= MOST_EDGES) {
      this.leftOut += edgesOf(join);
      return;
    }
    const [first, second] = [from[0], to[0]];
    if (isEdge(join) && first !== undefined && second !== undefined) {
      this.#edge(first, second, labelOf(join), join.oneWay);
      return;
    }
    const middle = {id: `c${this.#channels.length + 1}`, label: labelOf(join), shape: 'channel', frame: null} as const;
    this.#channels.push(middle);
    for (const end of from) this.#edge(end, middle, '', join.oneWay);
    for (const end of to) this.#edge(middle, end, '', join.oneWay);
  }

  nodes(): DrawnNode[] {
    return [...[...this.#known.values()].filter(node => this.#used.has(node)), ...this.#channels];
  }

  #nodesOf(nodes: readonly Node[]): DrawnNode[] {
    return nodes.map(({key}) => this.#known.get(key)).filter(node => node !== undefined);
  }

  #edge(from: DrawnNode, to: DrawnNode, label: string, oneWay: boolean): void {
    if (this.edges.length >= MOST_EDGES) {
      this.leftOut++;
      return;
    }
    this.edges.push({from: from.id, to: to.id, label, oneWay});
    for (const node of [from, to]) this.#used.add(node);
  }
}

const QUIET: readonly Kind[] = ['pipe', 'eventfd'];

const labelOf = (join: Join): string => {
  const [first] = join.channels;
  const says = join.channels.length > 1 || first?.name != null || !QUIET.includes(join.kind);
  return short(says ? `${join.kind} ${wordsOfJoin(join)}` : join.kind);
};

function short(text: string): string {
  const plain = Array.from(plainText(text));
  return plain.length <= MOST_LETTERS ? plain.join('') : `${plain.slice(0, MOST_LETTERS - 1).join('')}…`;
}
