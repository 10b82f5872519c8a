/** Channels as a drawing of nodes and edges, before it is written in one language or another. */
import type {Channel, Kind} from '../../ipc/types.ts';
import {plainText} from '../../words/sanitize.ts';
import type {Join} from '../../words/channels/joins.ts';
import {viewOf} from '../../words/channels/level.ts';
import {instanceOf} from '../../words/channels/nodes.ts';
import type {IpcReport} from './report.ts';
import {wordsOfJoin} from '../../words/channels/words.ts';

/** More lines than that no drawing shows. */
const MOST_EDGES = 400;
const MOST_LETTERS = 60;

export interface DrawnNode {
  /** Letters and digits. */
  readonly id: string;
  /** In it names of others: to be escaped; no control characters. */
  readonly label: string;
  readonly shape: 'process' | 'channel';
  /** The worker's instance that it is drawn within. */
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
  /** What the drawing leaves out, or null. */
  readonly remark: string | null;
}

export function drawingOf({processes, channels}: IpcReport, joinsAny: (channel: Channel) => boolean): Drawing {
  const drawn = channels.filter(channel => channel.kind !== 'signal' && joinsAny(channel));
  const {level, nodes, joins} = viewOf(processes, drawn, MOST_EDGES);
  const ids = new Map<string, string>();
  const drawnNodes: DrawnNode[] = [];
  for (const process of processes) {
    const node = nodes.get(process.pid);
    if (node === undefined || ids.has(node.key)) continue;
    ids.set(node.key, `p${ids.size + 1}`);
    drawnNodes.push({
      id: ids.get(node.key) ?? '',
      label: short(node.label),
      shape: 'process',
      frame: level === 'process' ? instanceOf(process) : null,
    });
  }
  const edges: DrawnEdge[] = [];
  for (const [i, join] of joins.entries()) {
    const from = join.from.map(({key}) => ids.get(key) ?? '');
    const to = join.to.map(({key}) => ids.get(key) ?? '');
    const [first, second] = [from[0], to[0]];
    if (from.length === 1 && to.length === 1 && first !== undefined && second !== undefined) {
      edges.push({from: first, to: second, label: labelOf(join), oneWay: join.oneWay});
      continue;
    }
    // Of more than two, or of one: a node of its own, in the middle.
    const id = `c${i + 1}`;
    drawnNodes.push({id, label: labelOf(join), shape: 'channel', frame: null});
    for (const end of from) edges.push({from: end, to: id, label: '', oneWay: join.oneWay});
    for (const end of to) edges.push({from: id, to: end, label: '', oneWay: join.oneWay});
  }
  const used = new Set(edges.flatMap(({from, to}) => [from, to]));
  const remark =
    level === 'program' ? 'each node is a worker or a program: there are too many processes to draw' : null;
  return {nodes: drawnNodes.filter(({id, shape}) => shape === 'channel' || used.has(id)), edges, remark};
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
