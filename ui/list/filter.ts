/**
 * The syntax of a filter line: words that all have to match. `web`: text anywhere; `/^post/`: a regular expression;
 * `state=Z`, `cpu>50`, `user!=root`: a column; `!` before any of them negates it. Quotes keep spaces together.
 */
import type {Value} from './column.ts';

/** The data of a row that filters use. */
export interface Fields {
  /** Returns the value of a column; undefined: there is no such column. */
  readonly field: (name: string) => Value | undefined;
  /** Returns all displayed text, for words without a column. */
  readonly text: () => string;
}

export type Match = (row: Fields) => boolean;

export interface Parsed {
  readonly match: Match;
  /** What is wrong with the line, or null. An invalid word is ignored. */
  readonly problem: string | null;
}

const ALL: Match = () => true;
/** Maximum text that a pattern is matched against. */
const MOST_LOOKED_AT = 4_096;

export function parseFilter(line: string, columns: ReadonlySet<string>): Parsed {
  const matches: Match[] = [];
  let problem: string | null = null;
  for (const word of wordsOf(line)) {
    const negated = word.length > 1 && word.startsWith('!');
    const parsed = parseWord(negated ? word.slice(1) : word, columns);
    problem ??= parsed.problem;
    if (parsed.problem !== null) continue;
    matches.push(negated ? row => !parsed.match(row) : parsed.match);
  }
  return {match: matches.length === 0 ? ALL : row => matches.every(match => match(row)), problem};
}

/** Splits a line at spaces; `"two words"` and `/a b/` are one word. */
function wordsOf(line: string): string[] {
  // eslint-disable-next-line brood/linear-regex -- typed by the user, a line at most
  return [...line.matchAll(/(?:"[^"]*"|!?\/(?:\\.|[^/\\])*\/?|[^\s"])+/g)].map(([word]) => word);
}

const COMPARISON = /^([a-zA-Z][\w-]*)(!=|>=|<=|=~|=|>|<|~)(.*)$/s;

function parseWord(word: string, columns: ReadonlySet<string>): Parsed {
  const regular = /^\/((?:\\.|[^/\\])*)\/?$/s.exec(word);
  if (regular) return parseRegExp(regular[1] ?? '', row => row.text());
  const comparison = COMPARISON.exec(word);
  if (comparison) {
    const [, name = '', operator = '', value = ''] = comparison;
    return parseComparison(name.toLowerCase(), operator, unquoted(value), columns);
  }
  const wanted = unquoted(word).toLowerCase();
  return {match: row => row.text().toLowerCase().includes(wanted), problem: null};
}

const unquoted = (text: string): string => text.replaceAll('"', '');

function parseRegExp(source: string, textOf: (row: Fields) => string): Parsed {
  try {
    // eslint-disable-next-line brood/linear-regex -- the user's own pattern, of a text that is cut
    const pattern = new RegExp(source, 'iu');
    return {match: row => pattern.test(textOf(row).slice(0, MOST_LOOKED_AT)), problem: null};
  } catch {
    return {match: ALL, problem: `/${source}/ is not a regular expression`};
  }
}

function parseComparison(name: string, operator: string, text: string, columns: ReadonlySet<string>): Parsed {
  if (!columns.has(name)) {
    return {match: ALL, problem: `no such column: ${name}; expected one of ${[...columns].join(', ')}`};
  }
  if (operator === '~' || operator === '=~') return parseRegExp(text, row => String(row.field(name) ?? ''));
  const number = numberOf(text);
  if (operator === '=' || operator === '!=') {
    const isSame = (value: Value): boolean =>
      typeof value === 'number' && number !== null
        ? value === number
        : String(value ?? '').toLowerCase() === text.toLowerCase();
    const wanted = operator === '=';
    return {match: row => isSame(row.field(name) ?? null) === wanted, problem: null};
  }
  if (number === null) return {match: ALL, problem: `${name}${operator} requires a number`};
  const compare = ORDERS[operator] ?? (() => true);
  return {
    match: row => {
      const value = row.field(name);
      return typeof value === 'number' && compare(value, number);
    },
    problem: null,
  };
}

const ORDERS: Readonly<Record<string, (a: number, b: number) => boolean>> = {
  '>': (a, b) => a > b,
  '<': (a, b) => a < b,
  '>=': (a, b) => a >= b,
  '<=': (a, b) => a <= b,
};

const UNITS: Readonly<Record<string, number>> = {'': 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3, t: 1024 ** 4};

/** Parses `50`, `50%`, `1.5G`, `512MiB`. */
function numberOf(text: string): number | null {
  const parsed = /^(-?\d+(?:\.\d+)?)\s*([kmgt]?)(?:i?b)?%?$/i.exec(text);
  return parsed ? Number(parsed[1]) * (UNITS[(parsed[2] ?? '').toLowerCase()] ?? 1) : null;
}
