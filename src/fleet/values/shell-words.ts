/** A command line split into words, or the reason why splitting needs a shell. */
export type WordsResult =
  | {
      readonly words: readonly string[];
      /** Unquoted characters that a shell would expand and that are taken literally here, e.g. `*`. */
      readonly literal: readonly string[];
    }
  | {readonly problem: string};

const NEEDS_SHELL = /^(&&|\|\||>>|<<|;;|[|&;<>()`])/;
/** `$` at the start of an expansion; elsewhere it is an ordinary character (POSIX XCU 2.6). */
const EXPANSION = /^\$(?:[A-Za-z_][A-Za-z0-9_]*|[0-9@*#?$!-]|\{[^}]*\}?|\(|['"])/;

function needsShell(what: string): WordsResult {
  return {problem: `${what} needs a shell: quote it to use it literally`};
}

/**
 * Splits a command line as a POSIX shell splits it (XCU 2.2, 2.3), without a shell: quotes and backslashes are honored;
 * features of a shell (pipes, lists, redirections, expansions, comments) are rejected.
 */
export function splitWords(text: string): WordsResult {
  const words: string[] = [];
  const literal = new Set<string>();
  let word: string | null = null;
  let at = 0;
  const lastWritten = text.trimEnd().length;

  while (at < text.length) {
    const char = text.charAt(at);
    const rest = text.slice(at, at + 80);
    if (char === "'") {
      const end = text.indexOf("'", at + 1);
      if (end < 0) return {problem: "unterminated single quote ('): close it"};
      word = (word ?? '') + text.slice(at + 1, end);
      at = end + 1;
    } else if (char === '"') {
      const quoted = readDoubleQuoted(text, at + 1);
      if ('problem' in quoted) return quoted;
      word = (word ?? '') + quoted.text;
      at = quoted.end;
    } else if (char === '\\') {
      if (at + 1 >= text.length) return {problem: 'trailing backslash: remove it'};
      // A backslash before a newline joins the lines.
      if (text.charAt(at + 1) !== '\n') word = (word ?? '') + text.charAt(at + 1);
      at += 2;
    } else if (char === ' ' || char === '\t' || char === '\r' || char === '\n') {
      if (char === '\n' && words.length + (word === null ? 0 : 1) > 0 && at < lastWritten) {
        return needsShell('a second line');
      }
      if (word !== null) words.push(word);
      word = null;
      at += 1;
    } else {
      const operator = NEEDS_SHELL.exec(rest) ?? EXPANSION.exec(rest) ?? (word === null ? /^#/.exec(rest) : null);
      if (operator !== null) return needsShell(operator[0]);
      if (char === '*' || (char === '~' && word === null)) literal.add(char);
      word = (word ?? '') + char;
      at += 1;
    }
  }
  if (word !== null) words.push(word);
  return {words, literal: [...literal]};
}

function readDoubleQuoted(
  text: string,
  start: number,
): {readonly text: string; readonly end: number} | {readonly problem: string} {
  let out = '';
  let at = start;
  while (at < text.length) {
    const char = text.charAt(at);
    if (char === '"') return {text: out, end: at + 1};
    if (char === '\\' && /[$`"\\\n]/.test(text.charAt(at + 1))) {
      if (text.charAt(at + 1) !== '\n') out += text.charAt(at + 1);
      at += 2;
      continue;
    }
    if (char === '`') return needsShellProblem('`');
    const expansion = /^\$['"]/.test(text.slice(at, at + 2)) ? null : EXPANSION.exec(text.slice(at, at + 80));
    if (expansion !== null) return needsShellProblem(`${expansion[0]} in double quotes`);
    out += char;
    at += 1;
  }
  return {problem: 'unterminated double quote ("): close it'};
}

function needsShellProblem(what: string): {readonly problem: string} {
  return {problem: `${what} needs a shell: use single quotes to use it literally`};
}

/** Joins words to one command line that `splitWords` (or a shell) splits into the same words. */
export function quoteWords(words: readonly string[]): string {
  return words
    .map(word => (/^[A-Za-z0-9_@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`))
    .join(' ');
}
