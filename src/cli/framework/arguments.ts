/** From the words of a command line to options and positionals. */
import {messageOf} from '../../base/errors.ts';
import {parseArgs} from 'node:util';
import {nearest} from '../../fleet/values/nearest.ts';
import {parseDuration} from '../../fleet/values/duration.ts';
import {GLOBAL_OPTIONS, textOf, type Command, type Context} from './command.ts';
import {UsageError} from './errors.ts';

/** Marks a negative number for parseArgs, which would take it for an option. */
const MARK = '\0';

export function parseWords(
  command: Command,
  words: readonly string[],
): {values: Record<string, string | boolean | undefined>; positionals: string[]} {
  const options = {...GLOBAL_OPTIONS, ...command.options};
  const end = words.indexOf('--');
  const args = words.map((word, i) =>
    command.negativeNumbers && /^-\d+$/.test(word) && (end === -1 || i < end) ? MARK + word : word,
  );
  try {
    const {values, positionals} = parseArgs({
      args,
      options: Object.fromEntries(
        Object.entries(options).map(([name, {type, short}]) => [name, short === undefined ? {type} : {type, short}]),
      ),
      allowPositionals: true,
    });
    return {
      values: {...values},
      positionals: positionals.map(word => (word.startsWith(MARK) ? word.slice(1) : word)),
    };
  } catch (error) {
    throw new UsageError(explain(error, Object.keys(options)));
  }
}

function explain(error: unknown, known: readonly string[]): string {
  const message = messageOf(error);
  const unknown = /^Unknown option '(-{1,2})([^']*)'/.exec(message);
  if (unknown) {
    const [, dashes = '', name = ''] = unknown;
    const meant = dashes === '--' ? nearest(name, known) : undefined;
    return `no option ${dashes}${name}${meant === undefined ? '' : `; did you mean --${meant}?`}`;
  }
  const missing = /^Option '([^']*?)( <value>)?' argument (missing|is ambiguous)/.exec(message);
  if (missing) return `option ${missing[1] ?? ''} needs a value`;
  const surplus = /^Option '([^']*)' does not take an argument/.exec(message);
  if (surplus) return `option ${surplus[1] ?? ''} takes no value`;
  return message;
}

/** `--timeout` in ms; undefined where it is not given. */
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

/** The positionals, of which there must be at least one. */
export function targetsOf({positionals}: Context, what = 'a NAME'): readonly string[] {
  if (positionals.length === 0) throw new UsageError(`needs ${what}`);
  return positionals;
}

/** Refuses positionals beyond the first `most`. */
export function atMost({positionals}: Context, most: number): void {
  const surplus = positionals[most];
  if (surplus !== undefined) throw new UsageError(`${JSON.stringify(surplus)} is too much here`);
}
