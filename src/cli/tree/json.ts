/** The tree as JSON, made from its processes one after another: children of children have no end that a stack would bear. */

export interface Node {
  readonly depth: number;
  readonly facts: object;
}

/** JSON itself escapes below a space only; DEL and C1 would act on a terminal, too. */
const escaped = (json: string): string =>
  json.replace(/[\x7f-\x9f]/g, control => `\\u00${control.charCodeAt(0).toString(16)}`);

/** `[{…, "children": [...]}]`, given parents first. */
export function treeJson(nodes: readonly Node[]): string {
  let text = '[';
  let before = -1;
  for (const {depth, facts} of nodes) {
    // Of the one before it: a child of its own, a sibling, or the end of some levels.
    if (before >= 0 && depth <= before) text += `${']}'.repeat(before - depth + 1)},`;
    text += `${escaped(JSON.stringify(facts)).slice(0, -1)},"children":[`;
    before = depth;
  }
  return `${text}${']}'.repeat(before + 1)}]`;
}
