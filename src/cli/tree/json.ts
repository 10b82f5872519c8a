/** The tree as JSON, made from its processes one after another: children of children have no end that a stack would bear. */
import {jsonOf} from '../../words/json.ts';

export interface Node {
  readonly depth: number;
  readonly facts: object;
}

/** `[{…, "children": [...]}]`, given parents first. */
export function treeJson(nodes: readonly Node[]): string {
  let text = '[';
  let before = -1;
  for (const {depth, facts} of nodes) {
    // Of the one before it: a child of its own, a sibling, or the end of some levels.
    if (before >= 0 && depth <= before) text += `${']}'.repeat(before - depth + 1)},`;
    text += `${jsonOf(facts).slice(0, -1)},"children":[`;
    before = depth;
  }
  return `${text}${']}'.repeat(before + 1)}]`;
}
