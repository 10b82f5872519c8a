/** Breaks prose into lines, but not within `quoted words`. Lines of its own that begin with a space stay as they are. */
import {widthOf} from '../words/width.ts';

export function wrap(text: string, columns: number): readonly string[] {
  return text.split('\n').flatMap(line => (line.startsWith(' ') ? [line] : wrapLine(line, columns)));
}

function wrapLine(text: string, columns: number): readonly string[] {
  const lines: string[] = [];
  let current = '';
  for (const word of text.match(/(?:[^\s`]|`[^`]*`|`)+/g) ?? []) {
    const longer = current === '' ? word : `${current} ${word}`;
    if (current !== '' && widthOf(longer) > columns) {
      lines.push(current);
      current = word;
    } else {
      current = longer;
    }
  }
  return [...lines, current];
}
