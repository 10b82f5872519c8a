import type {ParsedNode} from 'yaml';
import {composeTree} from './compose.ts';
import type {Report} from './report.ts';
import type {Node} from './tree.ts';

/** A fleet file needs six levels. The parser is recursive, and runs out of memory (uncatchably) at some ten thousand. */
const DEEPEST = 64;
/** One slip of syntax makes the rest of a file look wrong: beyond the first few nobody learns anything. */
const MOST_SYNTAX_ERRORS = 20;
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
  const tokens = [];
  for (const lexeme of new yaml.Lexer().lex(text)) {
    tokens.push(...parser.next(lexeme));
    if (parser.stack.length > DEEPEST) {
      report.error(parser.offset, `is nested more than ${DEEPEST} levels deep: a fleet file needs six`);
      return undefined;
    }
  }
  tokens.push(...parser.end());

  const options = {prettyErrors: false, uniqueKeys: false, resolveKnownTags: false, logLevel: 'silent'} as const;
  const documents = [...new yaml.Composer(options).compose(tokens, true, text.length)];
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

function sentence(message: string): string {
  return message.charAt(0).toLowerCase() + message.slice(1).replace(/\s+/g, ' ');
}
