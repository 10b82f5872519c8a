/** The graph of channels as lines of text: each process, and below it its joins with other processes. */
import type {Join} from '../../src/text/channels/joins.ts';
import type {Node} from '../../src/text/channels/nodes.ts';
import type {Glyphs} from '../screen/glyphs.ts';

export interface GraphRow {
  /** Stable identity of the row. */
  readonly key: string;
  readonly join: Join | null;
  /** The node, if the row is a process and not one of its joins. */
  readonly node: Node | null;
  readonly stroke: string;
  /** The direction, and the nodes at the other end. */
  readonly to: string;
}

/** Maximum nodes named at the other end or on the same side: a row is one line, and a channel may join thousands. */
const MOST_NAMED = 20;

/** Returns the rows. Each join appears below every node at one of its ends, as seen from that node. */
export function graphRows(joins: readonly Join[], glyphs: Glyphs): readonly GraphRow[] {
  const nodes = new Map<string, {readonly node: Node; readonly joins: Parties[]}>();
  for (const join of joins) {
    const parties = partiesOf(join);
    for (const node of parties.all) {
      const known = nodes.get(node.key);
      if (known) known.joins.push(parties);
      else nodes.set(node.key, {node, joins: [parties]});
    }
  }
  const rows: GraphRow[] = [];
  for (const {node, joins: own} of [...nodes.values()].sort((a, b) => compare(a.node.label, b.node.label))) {
    rows.push({key: node.key, join: null, node, stroke: '', to: ''});
    for (const [index, parties] of own.entries()) {
      const {join} = parties;
      const stroke = index === own.length - 1 ? glyphs.last : glyphs.branch;
      rows.push({
        key: `${node.key} ${index} ${join.kind}`,
        join,
        node: null,
        stroke,
        to: others(parties, node, glyphs),
      });
    }
  }
  return rows;
}

/** The nodes at the ends of a join, computed once for a join and not once for each node. */
interface Parties {
  readonly join: Join;
  readonly from: ReadonlySet<string>;
  readonly to: ReadonlySet<string>;
  /** A node at both ends occurs once. */
  readonly all: readonly Node[];
  readonly onlyFrom: readonly Node[];
  readonly onlyTo: readonly Node[];
}

function partiesOf(join: Join): Parties {
  const from = new Set(join.from.map(({key}) => key));
  const to = new Set(join.to.map(({key}) => key));
  const onlyFrom = join.from.filter(({key}) => !to.has(key));
  return {join, from, to, all: [...join.to, ...onlyFrom], onlyFrom, onlyTo: join.to.filter(({key}) => !from.has(key))};
}

const collator = new Intl.Collator('en', {numeric: true});
const compare = (a: string, b: string): number => collator.compare(a, b);

function others({join, from, to, all, onlyFrom, onlyTo}: Parties, {key}: Node, glyphs: Glyphs): string {
  const [isFrom, isTo] = [from.has(key), to.has(key)];
  const isBoth = isFrom && isTo;
  const arrow = !join.oneWay || isBoth ? glyphs.arrowBoth : isFrom ? glyphs.arrowRight : glyphs.arrowLeft;
  const beside = isBoth ? listWithout(key, all) : listOf(isFrom ? join.to : join.from);
  // Only nodes that are at this end alone share it.
  const shared = isBoth ? '' : listWithout(key, isFrom ? onlyFrom : onlyTo);
  const ends = beside === '' ? `${glyphs.dot} no other process` : `${arrow} ${beside}`;
  if (shared === '') return ends;
  return beside === '' ? `shared with ${shared}` : `${ends} (with ${shared})`;
}

function listOf(nodes: readonly Node[], count = nodes.length): string {
  const shown = nodes.slice(0, MOST_NAMED).map(({label}) => label);
  return [...shown, ...(count > shown.length ? [`+${count - shown.length}`] : [])].join(', ');
}

/** Lists the other nodes; `key` is one of them. */
const listWithout = (key: string, nodes: readonly Node[]): string =>
  listOf(
    nodes.slice(0, MOST_NAMED + 1).filter(node => node.key !== key),
    nodes.length - 1,
  );
