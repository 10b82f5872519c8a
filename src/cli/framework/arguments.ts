/** Parses the words of a command line into options and positionals. */
import {parseArgs} from 'node:util';
import {nearest} from '../../fleet/values/nearest.ts';
import {parseDuration} from '../../fleet/values/duration.ts';
import {GLOBAL_OPTIONS, textOf, type Command, type Context, type Option} from './command.ts';
import {UsageError} from './errors.ts';

export interface ParsedWords {
  readonly values: Readonly<Record<string, string | boolean>>;
  readonly positionals: readonly string[];
}

/** @throws UsageError */
export function parseWords(command: Command, words: readonly string[]): ParsedWords {
  const options = {...GLOBAL_OPTIONS, ...command.options};
  const {tokens} = parseArgs({
    args: [...words],
    options: Object.fromEntries(
      Object.entries(options).map(([name, {type, short}]) => [name, short === undefined ? {type} : {type, short}]),
    ),
    allowPositionals: true,
    // Errors are thrown below, with messages of our own.
    strict: false,
    tokens: true,
  });
  const values: Record<string, string | boolean> = {};
  const positionals = new Map<number, string>();
  for (const token of tokens) {
    if (token.kind === 'option-terminator') continue;
    const word = words[token.index] ?? '';
    if (token.kind === 'positional') positionals.set(token.index, token.value);
    // parseArgs reads `-12` as two options.
    else if (command.negativeNumbers && /^-\d+$/.test(word)) positionals.set(token.index, word);
    else
      values[token.name] = valueOf(
        token,
        Object.hasOwn(options, token.name) ? options[token.name] : undefined,
        options,
      );
  }
  return {values, positionals: [...positionals.values()]};
}

interface OptionToken {
  readonly name: string;
  readonly rawName: string;
  readonly value: string | undefined;
  readonly inlineValue: boolean | undefined;
}

function valueOf(
  {name, rawName, value, inlineValue}: OptionToken,
  option: Option | undefined,
  known: Readonly<Record<string, Option>>,
): string | boolean {
  if (option === undefined) {
    const meant = rawName.startsWith('--') ? nearest(name, Object.keys(known)) : undefined;
    throw new UsageError(`unknown option ${rawName}${meant === undefined ? '' : `; did you mean --${meant}?`}`);
  }
  if (option.type === 'boolean') {
    if (value !== undefined) throw new UsageError(`option ${rawName} takes no value`);
    return true;
  }
  // A word with a leading hyphen is more likely the next option; `--name=-x` passes it as a value.
  if (value === undefined || (inlineValue !== true && value.length > 1 && value.startsWith('-')))
    throw new UsageError(`option ${rawName} requires a value`);
  return value;
}

/** Returns `--timeout` in ms, or undefined if it is not given. */
export function timeoutOf(context: Context): number | undefined {
  const text = textOf(context, 'timeout');
  return text === undefined ? undefined : durationOf('--timeout', text);
}

/** @throws UsageError */
export function durationOf(what: string, text: string): number {
  const duration = parseDuration(text);
  if ('ms' in duration) return duration.ms;
  throw new UsageError(`${what} ${text}: ${duration.problem}`);
}

/** Returns the positionals. Throws UsageError if there are none. */
export function targetsOf({positionals}: Context, what = 'NAME'): readonly string[] {
  if (positionals.length === 0) throw new UsageError(`missing ${what}`);
  return positionals;
}

/** Throws UsageError if there are more than `most` positionals. */
export function atMost({positionals}: Context, most: number): void {
  const surplus = positionals[most];
  if (surplus !== undefined) throw new UsageError(`unexpected argument ${JSON.stringify(surplus)}`);
}
