import {Report, TooManyProblems} from './syntax/report.ts';
import {keyLabel} from './syntax/tree.ts';
import type {Problem} from './types.ts';

const ASSIGNMENT = /^[ \t]*(?:export[ \t]+)?([A-Za-z_][A-Za-z0-9_.-]*)[ \t]*=[ \t]*/;
const ESCAPES: Readonly<Record<string, string>> = {n: '\n', r: '\r', t: '\t', '"': '"', '\\': '\\', $: '$', '`': '`'};

/** The variables of an environment file, and its problems. */
export interface ParsedEnvFile {
  readonly env: Readonly<Record<string, string>>;
  readonly problems: readonly Problem[];
}

/**
 * Parses `KEY=VALUE` lines: comments, blank lines, a leading `export`, single quotes (all literal) and double quotes
 * (`\n`, `\t`, `\"`, `\\`); both kinds of quotes may span lines. Nothing is expanded. The last of two equal keys
 * counts.
 *
 * @param file - the name to show in problems
 */
export function parseEnvFile(input: string, file = '.env'): ParsedEnvFile {
  const text = input.replace(/^\uFEFF/, '');
  const report = new Report(file, text);
  const env = new Map<string, string>();
  try {
    readLines(text, report, env);
  } catch (error) {
    if (!(error instanceof TooManyProblems)) throw error;
  }
  return {env: Object.fromEntries(env), problems: report.problems()};
}

function readLines(text: string, report: Report, env: Map<string, string>): void {
  let at = 0;
  while (at < text.length) {
    const newline = text.indexOf('\n', at);
    const lineEnd = newline < 0 ? text.length : newline;
    const line = text.slice(at, lineEnd);
    const assignment = ASSIGNMENT.exec(line);
    if (assignment === null) {
      if (!/^\s*(#.*)?$/s.test(line)) report.error(at, 'expected KEY=VALUE, a comment (#) or a blank line');
      at = lineEnd + 1;
      continue;
    }
    const [whole, key = ''] = assignment;
    const value = readValue(text, at + whole.length, lineEnd);
    if ('problem' in value) report.error(at + whole.length, `${keyLabel(key)}: ${value.problem}`);
    else if (value.value.includes('\0'))
      report.error(at + whole.length, `${keyLabel(key)}: a value can't contain a NUL character`);
    else env.set(key, value.value);
    at = ('problem' in value ? lineEnd : value.end) + 1;
  }
}

function readValue(
  text: string,
  start: number,
  lineEnd: number,
): {readonly value: string; readonly end: number} | {readonly problem: string} {
  const quoteMark = text.charAt(start);
  if (quoteMark !== '"' && quoteMark !== "'") {
    const value = text
      .slice(start, lineEnd)
      .replace(/(^|[ \t])#.*/s, '')
      .trim();
    return {value, end: lineEnd};
  }
  const quoted = quoteMark === '"' ? /"((?:[^"\\]|\\.)*)"/sy : /'([^']*)'/y;
  quoted.lastIndex = start;
  const match = quoted.exec(text);
  if (match === null) return {problem: `unterminated quote ${quoteMark}`};
  const after = start + match[0].length;
  const newline = text.indexOf('\n', after);
  const end = newline < 0 ? text.length : newline;
  if (!/^\s*(#.*)?$/s.test(text.slice(after, end))) return {problem: 'only a comment may follow the closing quote'};
  const inside = match[1] ?? '';
  return {value: quoteMark === '"' ? inside.replace(/\\(.)/gs, unescape) : inside, end};
}

function unescape(whole: string, char: string): string {
  return ESCAPES[char] ?? whole;
}
