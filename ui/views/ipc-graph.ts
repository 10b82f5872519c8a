/** The graph of channels as lines of text: each process, and below it what joins it to whom. */
import type {Join} from '../../src/words/channels/joins.ts';
import type {Node} from '../../src/words/channels/nodes.ts';
import type {Glyphs} from '../screen/glyphs.ts';

export interface GraphRow {
  /** The same as long as it is the same thing. */
  readonly key: string;
  readonly join: Join | null;
  /** A process, and not one of its joins. */
  readonly node: Node | null;
  readonly stroke: string;
  /** The direction, and who is at the other end. */
  readonly to: string;
}

/** Each join is drawn below everybody who is at one of its ends, from there. */
export function graphRows(joins: readonly Join[], glyphs: Glyphs): readonly GraphRow[] {
  const nodes = new Map<string, {readonly node: Node; readonly joins: Join[]}>();
  for (const join of joins) {
    for (const node of byKey([...join.from, ...join.to])) {
      const known = nodes.get(node.key);
      if (known) known.joins.push(join);
      else nodes.set(node.key, {node, joins: [join]});
    }
  }
  const rows: GraphRow[] = [];
  for (const {node, joins: own} of [...nodes.values()].sort((a, b) => compare(a.node.label, b.node.label))) {
    rows.push({key: node.key, join: null, node, stroke: '', to: ''});
    for (const [index, join] of own.entries()) {
      const stroke = index === own.length - 1 ? glyphs.last : glyphs.branch;
      rows.push({key: `${node.key} ${index} ${join.kind}`, join, node: null, stroke, to: others(join, node, glyphs)});
    }
  }
  return rows;
}

/** By their keys: who is at both ends is one all the same. */
const byKey = (nodes: readonly Node[]): Iterable<Node> => new Map(nodes.map(node => [node.key, node])).values();

const collator = new Intl.Collator('en', {numeric: true});
const compare = (a: string, b: string): number => collator.compare(a, b);

function others(join: Join, {key}: Node, glyphs: Glyphs): string {
  const isFrom = join.from.some(node => node.key === key);
  const isTo = join.to.some(node => node.key === key);
  const beside = [...(isFrom ? join.to : join.from), ...(isFrom && isTo ? join.from : [])].filter(
    node => node.key !== key,
  );
  const distinct = [...new Map(beside.map(node => [node.key, node.label])).values()];
  const arrow = !join.oneWay || (isFrom && isTo) ? glyphs.arrowBoth : isFrom ? glyphs.arrowRight : glyphs.arrowLeft;
  // Alone at its side: who shares it, shares it from there.
  const atOther = new Set(beside.map(node => node.key));
  const shared = (isFrom ? join.from : join.to)
    .filter(node => node.key !== key && !atOther.has(node.key))
    .map(({label}) => label);
  const ends = distinct.length > 0 ? `${arrow} ${distinct.join(', ')}` : `${glyphs.dot} nobody else`;
  return shared.length > 0 && distinct.length > 0
    ? `${ends} (with ${shared.join(', ')})`
    : shared.length > 0
      ? `shared with ${shared.join(', ')}`
      : ends;
}
