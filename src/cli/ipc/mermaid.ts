/** A drawing in the language of Mermaid, for Markdown pages. */
import {framesOf, type Drawing} from './drawing.ts';

/**
 * Mermaid has no escape character, but accepts character numbers (mermaid.js.org/syntax/flowchart.html). Every
 * character that might be special in Mermaid, Markdown or HTML is written as its number.
 */
const quote = (text: string): string =>
  `"${Array.from(text, letter => (/^[\p{L}\p{N} _./:@,+=()[\]-]$/u.test(letter) ? letter : `#${letter.codePointAt(0) ?? 0};`)).join('')}"`;

export function mermaidOf({nodes, edges, remark}: Drawing): string {
  const lines = ['flowchart LR'];
  if (remark !== null) lines.push(`  remark[${quote(remark)}]`);
  for (const [i, [frame, members]] of framesOf(nodes).entries()) {
    const inner = members.map(({id, label, shape}) =>
      shape === 'process' ? `${id}[${quote(label)}]` : `${id}([${quote(label)}])`,
    );
    if (frame === null) lines.push(...inner.map(line => `  ${line}`));
    else lines.push(`  subgraph f${i + 1}[${quote(frame)}]`, ...inner.map(line => `    ${line}`), '  end');
  }
  for (const {from, to, label, oneWay} of edges) {
    const arrow = oneWay ? '-->' : '---';
    lines.push(`  ${from} ${arrow}${label === '' ? '' : `|${quote(label)}|`} ${to}`);
  }
  return lines.join('\n');
}
