import type {CST, ParsedNode} from 'yaml';
import {composeTree, MOST_VALUES} from './compose.ts';
import {MOST_INSTANCES} from '../most-instances.ts';
import type {Report} from './report.ts';
import type {Node} from './tree.ts';

/**
 * A fleet file needs six levels. The parser is recursive, and runs out of memory (uncatchably) at some ten thousand
 * levels.
 */
const DEEPEST = 64;
/** Maximum items of a list or map: the list of workers is the longest in a fleet file. */
const MOST_ITEMS = 2 * MOST_INSTANCES;
/** One syntax error makes the rest of a file look wrong, so errors after the first few are useless. */
const MOST_SYNTAX_ERRORS = 20;
/** Lexemes that are or accompany a value. */
const VALUES: ReadonlySet<string> = new Set([
  'alias',
  'anchor',
  'tag',
  'scalar',
  'single-quoted-scalar',
  'double-quoted-scalar',
  'block-scalar',
  'flow-seq-start',
  'flow-map-start',
  'doc-start',
]);
// Characters that YAML 1.2 (5.1) forbids as well; the parser uses some of them internally.
const CONTROL = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/;

/**
 * Reads one YAML 1.2 document. Loads the parser on first use, so that other commands do not pay for it.
 *
 * @returns undefined if the text can't be read; the report holds the reason
 */
export async function readYaml(text: string, report: Report): Promise<Node | undefined> {
  const control = CONTROL.exec(text);
  if (control !== null) {
    const code = control[0].charCodeAt(0).toString(16).padStart(2, '0');
    report.error(control.index, `a control character (0x${code}): is this a text file? In YAML, write "\\x${code}"`);
    return undefined;
  }
  const yaml = await import('yaml');
  const parser = new yaml.Parser();
  const tokens: CST.Token[] = [];
  let values = 0;
  let begun = 0;
  for (const lexeme of new yaml.Lexer().lex(text)) {
    for (const token of parser.next(lexeme)) {
      tokens.push(token);
      if (token.type === 'document') begun++;
    }
    // A second document is already an error.
    if (begun > 2) break;
    if (VALUES.has(yaml.CST.tokenType(lexeme) ?? '')) values++;
    // Rejected here: the later stages take a hundred times as long as the lexer, and far more memory.
    const refusal =
      values > MOST_VALUES ? `the file contains more than ${MOST_VALUES} values` : refusalOf(parser.stack);
    if (refusal !== null) {
      report.error(parser.offset, refusal);
      return undefined;
    }
  }
  tokens.push(...parser.end());

  const options = {prettyErrors: false, uniqueKeys: false, resolveKnownTags: false, logLevel: 'silent'} as const;
  const documents = withoutStacks(() => [...new yaml.Composer(options).compose(tokens, true, text.length)]);
  const problems = documents.flatMap(document => [...document.errors, ...document.warnings]);
  for (const problem of problems.slice(0, MOST_SYNTAX_ERRORS)) {
    report.error(problem.pos[0], `YAML: ${sentence(problem.message)}`);
  }
  const [first, second] = documents;
  if (second !== undefined) {
    report.error(second.range[0], 'a second document: a fleet file contains only one, so remove the ---');
  }
  if (report.failed || first === undefined) return undefined;
  const contents: ParsedNode | null = first.contents;
  return contents === null ? undefined : composeTree(contents, yaml, report);
}

/** Returns why the collections open at this place are too deep or too long, or null. */
function refusalOf(stack: readonly CST.Token[]): string | null {
  if (stack.length > DEEPEST) return `is nested more than ${DEEPEST} levels deep: a fleet file needs only six`;
  const top = stack.at(-1);
  return top !== undefined && 'items' in top && top.items.length > MOST_ITEMS
    ? `a list or map with more than ${MOST_ITEMS} items, the maximum`
    : null;
}

/** The parser creates an error for each mistake, and capturing its unused stack takes longer than all the rest. */
function withoutStacks<T>(work: () => T): T {
  const before = Error.stackTraceLimit;
  Error.stackTraceLimit = 0;
  try {
    return work();
  } finally {
    Error.stackTraceLimit = before;
  }
}

function sentence(message: string): string {
  return message.charAt(0).toLowerCase() + message.slice(1).replace(/\s+/g, ' ');
}
