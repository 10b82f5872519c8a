import {refuse, refuseBecause, textOf, type Check, type Context, type Option, type Spot} from './check.ts';
import {didYouMean} from '../values/nearest.ts';
import {describe, keyLabel, quote} from '../syntax/tree.ts';
import {quoteWords, splitWords} from '../values/shell-words.ts';

/** `true` or `false`; YAML 1.2 reads yes and no as text. */
export const boolean: Check<boolean> = {
  expects: 'true or false',
  example: 'true',
  read(spot, context) {
    const value = spot.node.kind === 'scalar' ? spot.node.value : null;
    return typeof value === 'boolean' ? value : refuse(spot, context, this.expects);
  },
  show: String,
};

/** A key without a value of its own. */
export const flag: Check<object> = {
  expects: 'true',
  example: 'true',
  read(spot, context) {
    const value = spot.node.kind === 'scalar' ? spot.node.value : null;
    return value === true ? {} : refuse(spot, context, 'true (or omit the key)');
  },
  show: () => 'true',
};

/** One of several words. */
export function choice<T extends string>(options: Readonly<Record<T, Option>>): Check<T> {
  const words = Object.keys(options);
  const isWord = (value: string): value is T => Object.hasOwn(options, value);
  const expects = `${words.slice(0, -1).join(', ')} or ${words.at(-1) ?? ''}`;
  return {
    expects,
    example: words[0] ?? '',
    options,
    read(spot, context) {
      const given = textOf(spot.node);
      if (given === undefined) return refuse(spot, context, expects);
      const value = words.find(word => isWord(word) && options[word].alias === given) ?? given;
      if (!isWord(value)) return refuseBecause(spot, context, didYouMean(given, words));
      if (options[value].later) context.report.note(spot.node.at, `${spot.label}: ${value} has no effect yet`);
      return value;
    },
    show: value => value,
    later: value => (options[value].later ? [`: ${value}`] : []),
  };
}

/** Constraints on the items of a list. */
interface ListRules {
  readonly atLeast?: number;
  readonly unique?: true;
}

/** A list of values of one kind. */
export function list<T>(item: Check<T>, {atLeast = 0, unique}: ListRules = {}): Check<readonly T[]> {
  const example = `[${item.example}]`;
  const expects = `a list such as ${example}`;
  return {
    expects,
    example,
    read(spot, context) {
      const {node} = spot;
      if (node.kind !== 'list') {
        const written = textOf(node);
        return written === undefined
          ? refuse(spot, context, expects)
          : refuse(spot, context, `a list: write [${written.slice(0, 40)}]`);
      }
      if (node.items.length < atLeast) return refuse(spot, context, expects);
      const values: T[] = [];
      const seen = new Set<T>();
      for (const [index, itemNode] of node.items.entries()) {
        const itemSpot = {label: `${spot.label}[${index}]`, keyAt: itemNode.at, node: itemNode};
        const value = item.read(itemSpot, context);
        if (value === null) continue;
        if (unique && seen.has(value)) refuseBecause(itemSpot, context, 'is listed twice');
        seen.add(value);
        values.push(value);
      }
      return values;
    },
    show: values => `[${values.map(value => item.show(value)).join(', ')}]`,
  };
}

/** Chooses between two checks by a look at the value. */
export function either<A, B>(first: Check<A>, isFirst: (spot: Spot) => boolean, second: Check<B>): Check<A | B> {
  return {
    expects: `${first.expects}, or ${second.expects}`,
    example: first.example,
    read(spot, context) {
      if (isFirst(spot)) return first.read(spot, context);
      return textOf(spot.node) === undefined ? refuse(spot, context, this.expects) : second.read(spot, context);
    },
    show: String,
  };
}

/**
 * A program and its arguments: a list, or text that is split as a shell would split it.
 *
 * @param withShell - what to write to run a shell
 */
export function command(withShell: string): Check<readonly string[]> {
  const expects = 'a command such as node server.js or [node, server.js]';
  return {
    expects,
    example: '[node, server.js]',
    read(spot, context) {
      if (spot.node.kind === 'list') return readArgv(spot, context, expects);
      const written = textOf(spot.node);
      if (written === undefined || written.trim() === '') return refuse(spot, context, expects);
      if (written.includes('\0')) return refuseBecause(spot, context, "a command can't contain a NUL character");
      const result = splitWords(written);
      if ('problem' in result) return refuseBecause(spot, context, `${result.problem}, or write ${withShell}`);
      const [program = ''] = result.words;
      const variable = /^[A-Za-z_][A-Za-z0-9_]*(?==)/.exec(program)?.[0];
      if (program === '') return refuseBecause(spot, context, 'has no program to run');
      if (variable !== undefined) {
        return refuseBecause(
          spot,
          context,
          `sets ${keyLabel(variable)} as in a shell: move it to env:, or write ${withShell}`,
        );
      }
      for (const literal of result.literal) {
        context.report.note(spot.node.at, `${spot.label}: ${literal} is not expanded: quote it, or write ${withShell}`);
      }
      return result.words;
    },
    show: quoteWords,
  };
}

function readArgv(spot: Spot, context: Context, expects: string): readonly string[] | null {
  if (spot.node.kind !== 'list') return null;
  if (spot.node.items.length === 0) return refuse(spot, context, expects);
  const words: string[] = [];
  for (const [index, item] of spot.node.items.entries()) {
    const word = textOf(item);
    const label = `${spot.label}[${index}]`;
    if (word === undefined) context.report.error(item.at, `${label}: expected a command word, found ${describe(item)}`);
    else if (word.includes('\0')) context.report.error(item.at, `${label}: a word can't contain a NUL character`);
    else if (word === '' && index === 0) context.report.error(item.at, `${label}: has no program to run`);
    else words.push(word);
  }
  return words.length === spot.node.items.length ? words : null;
}

const VARIABLE = /^[^=\0]+$/;

/** Environment variables: text; numbers and booleans are read as written. */
export const environment: Check<Readonly<Record<string, string>>> = {
  expects: 'a map of variables such as {PORT: "3000"}',
  example: '{PORT: "3000"}',
  read(spot, context) {
    if (spot.node.kind !== 'map') return refuse(spot, context, this.expects);
    const env = new Map<string, string>();
    for (const {key, keyAt, value} of spot.node.entries) {
      const label = `${spot.label}.${keyLabel(key)}`;
      const written = textOf(value);
      if (!VARIABLE.test(key)) context.report.error(keyAt, `${spot.label}: ${quote(key)} is not a valid variable name`);
      else if (written === undefined) {
        const advice = describe(value) === 'nothing' ? ' (write "" for an empty value)' : '';
        context.report.error(value.at, `${label}: expected text such as "3000"${advice}, found ${describe(value)}`);
      } else if (written.includes('\0'))
        context.report.error(value.at, `${label}: a variable can't contain a NUL character`);
      else env.set(key, written);
    }
    return Object.fromEntries(env);
  },
  show: value =>
    `{${Object.entries(value)
      .map(([key, text]) => `${key}: ${JSON.stringify(text)}`)
      .join(', ')}}`,
};
