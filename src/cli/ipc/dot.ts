/** A drawing in the language of Graphviz: `brood ipc --dot | dot -Tsvg`. */
import {framesOf, type Drawing} from './drawing.ts';

/** Quotes a text. Only backslash and quote are special in a quoted string (graphviz.org/doc/info/lang.html). */
const quote = (text: string): string => `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;

export function dotOf({nodes, edges, remark}: Drawing): string {
  const lines = ['digraph ipc {', '  rankdir=LR; node [fontsize=10]; edge [fontsize=8];'];
  if (remark !== null) lines.push(`  label=${quote(remark)};`);
  for (const [frame, members] of framesOf(nodes)) {
    const inner = members.map(
      ({id, label, shape}) => `${id} [label=${quote(label)}, shape=${shape === 'process' ? 'box' : 'ellipse'}];`,
    );
    if (frame === null) lines.push(...inner.map(line => `  ${line}`));
    else
      lines.push(
        `  subgraph ${quote(`cluster ${frame}`)} {`,
        `    label=${quote(frame)};`,
        ...inner.map(line => `    ${line}`),
        '  }',
      );
  }
  for (const {from, to, label, oneWay} of edges) {
    const attributes = [...(label === '' ? [] : [`label=${quote(label)}`]), ...(oneWay ? [] : ['dir=none'])];
    lines.push(`  ${from} -> ${to}${attributes.length === 0 ? '' : ` [${attributes.join(', ')}]`};`);
  }
  return [...lines, '}'].join('\n');
}
