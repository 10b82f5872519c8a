import type {CST, ParsedNode} from 'yaml';
import {composeTree, MOST_VALUES} from './compose.ts';
import {MOST_INSTANCES} from '../most-instances.ts';
import type {Report} from './report.ts';
import type {Node} from './tree.ts';

/** A fleet file needs six levels. The parser is recursive, and runs out of memory (uncatchably) at some ten thousand. */
const DEEPEST = 64;
/** Items of one list or map: workers, and nothing in a fleet file is longer than its list of workers. */
const MOST_ITEMS = 2 * MOST_INSTANCES;
/** One slip of syntax makes the rest of a file look wrong: beyond the first few nobody learns anything. */
const MOST_SYNTAX_ERRORS = 20;
/** Lexemes that are, or come with, a value. */
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
// What YAML 1.2 (5.1) does not allow either; the parser uses some of these characters for itself.
const CONTROL = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/;

/**
 * Reads one YAML 1.2 document. The parser is loaded here, so that only who reads a file pays for it.
 *
 * @returns undefined where it can't be read; the report says why
 */
export async function readYaml(text: string, report: Report): Promise<Node | undefined> {
  const control = CONTROL.exec(text);
  if (control !== null) {
    const code = control[0].charCodeAt(0).toString(16).padStart(2, '0');
    report.error(control.index, `a control character (0x${code}): is this a text file? In YAML write "\\x${code}"`);
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
    // A second one is wrong already.
    if (begun > 2) break;
    if (VALUES.has(yaml.CST.tokenType(lexeme) ?? '')) values++;
    // Refused here: all that comes after takes a hundred times as long as the lexer, and far more memory.
    const refusal = values > MOST_VALUES ? `the file holds more than ${MOST_VALUES} values` : refusalOf(parser.stack);
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
    report.error(second.range[0], 'a second document: a fleet file holds one, so leave out the ---');
  }
  if (report.failed || first === undefined) return undefined;
  const contents: ParsedNode | null = first.contents;
  return contents === null ? undefined : composeTree(contents, yaml, report);
}

/** What is open at this place: a list in a map in the document. */
function refusalOf(stack: readonly CST.Token[]): string | null {
  if (stack.length > DEEPEST) return `is nested more than ${DEEPEST} levels deep: a fleet file needs six`;
  const top = stack.at(-1);
  return top !== undefined && 'items' in top && top.items.length > MOST_ITEMS
    ? `a list or map with more than ${MOST_ITEMS} items: a fleet file needs none that is longer`
    : null;
}

/** The parser makes an error of each slip, and an error's stack takes longer than all else; nobody sees it. */
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
