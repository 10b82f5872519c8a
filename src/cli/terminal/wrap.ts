/** Breaks prose into lines, but not within `quoted words`. Lines that begin with a space stay unchanged. */
import {widthOf} from '../../text/width.ts';

export function wrap(text: string, columns: number): readonly string[] {
  return text.split('\n').flatMap(line => (line.startsWith(' ') ? [line] : wrapLine(line, columns)));
}

function wrapLine(text: string, columns: number): readonly string[] {
  const lines: string[] = [];
  let current: string[] = [];
  let width = 0;
  for (const word of wordsIn(text)) {
    const own = widthOf(word);
    if (current.length > 0 && width + 1 + own > columns) {
      lines.push(current.join(' '));
      current = [];
    }
    width = current.length === 0 ? own : width + 1 + own;
    current.push(word);
  }
  return [...lines, current.join(' ')];
}

/** Splits a text at white space. Text in a pair of backticks, with all that adjoins it, is one word. */
function wordsIn(text: string): readonly string[] {
  const words: string[] = [];
  let word = '';
  const parts = text.split('`');
  for (const [i, part] of parts.entries()) {
    const isInside = i % 2 === 1;
    // An unpaired last backtick does not open a quotation.
    if (isInside && i < parts.length - 1) {
      word += `\`${part}\``;
      continue;
    }
    const [first = '', ...others] = `${isInside ? '`' : ''}${part}`.split(/\s/);
    word += first;
    for (const other of others) {
      if (word !== '') words.push(word);
      word = other;
    }
  }
  return word === '' ? words : [...words, word];
}
