/**
 * Builds the tree as JSON from its processes one after another: its depth has no limit, so recursion could exhaust the
 * stack.
 */
import {jsonOf} from '../../text/json.ts';

export interface Node {
  readonly depth: number;
  readonly facts: object;
}

/** Returns `[{…, "children": [...]}]`. The nodes must be in order, parents first. */
export function treeJson(nodes: readonly Node[]): string {
  let text = '[';
  let before = -1;
  for (const {depth, facts} of nodes) {
    // The node is a child of the one before it, its sibling, or ends some levels.
    if (before >= 0 && depth <= before) text += `${']}'.repeat(before - depth + 1)},`;
    text += `${jsonOf(facts).slice(0, -1)},"children":[`;
    before = depth;
  }
  return `${text}${']}'.repeat(before + 1)}]`;
}
