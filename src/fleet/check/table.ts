import {refuse, type Check, type Context, type Key, type Spot, type Table} from './check.ts';
import {didYouMean, nearest} from '../values/nearest.ts';
import {entryOf, quote, type MapNode} from '../syntax/tree.ts';

type ValueOf<K> = K extends Key<string, infer T> ? T : never;

/** The values of a table's keys after the check. */
export type Values<T extends Table> = {readonly [K in keyof T as T[K]['field']]: ValueOf<T[K]>};

type About = Pick<Key, 'doc' | 'example' | 'later'>;

interface Absent<D> {
  /** The default of an absent key. */
  readonly or: D;
  /** The reference's text for the default, if the value itself is not clear. */
  readonly orText?: string;
}

/** Defines an optional key. */
export function key<F extends string, T>(field: F, check: Check<T>, about: About & Absent<null>): Key<F, T | null>;
export function key<F extends string, T>(field: F, check: Check<T>, about: About & Absent<NoInfer<T>>): Key<F, T>;
export function key<F extends string, T>(
  field: F,
  check: Check<T>,
  {or, orText, ...about}: About & Absent<T | null>,
): Key<F, T | null> {
  const nullable: Check<T | null> = {
    ...check,
    read: (spot, context) => check.read(spot, context),
    show: value => (value === null ? 'none' : check.show(value)),
    later: value => (value === null ? [] : (check.later?.(value) ?? [])),
  };
  return {field, check: nullable, or: {value: or, ...(orText !== undefined && {text: orText})}, ...about};
}

/** Defines a required key. */
export function required<F extends string, T>(field: F, check: Check<T>, about: About): Key<F, T> {
  return {field, check, ...about};
}

/** The keys found in a map. */
export interface Found {
  readonly spot: Spot;
  /** False if a key is unknown, missing or invalid; checks across values are then useless. */
  readonly sound: boolean;
  readonly has: (key: string) => boolean;
  /** Returns the place of a key's value, or of the map if the key is absent. */
  readonly at: (key: string) => number;
}

/** Returns the values of an absent map. */
export function defaultsOf<T extends Table>(table: T): Values<T> {
  const values: Record<string, unknown> = {};
  for (const {field, or} of Object.values<Key>(table)) if (or !== undefined) values[field] = or.value;
  // `as`: the one place where a table becomes the type that is computed from it.
  return values as Values<T>;
}

/**
 * Reads the keys of a table from a map. Keys in `others` are skipped. An invalid value is replaced by its default, so
 * that the rest can still be checked; if a required value is invalid, `values` is null.
 */
export function readKeys<T extends Table>(
  table: T,
  map: MapNode,
  spot: Spot,
  context: Context,
  others: readonly string[] = [],
): {readonly values: Values<T> | null; readonly found: Found} {
  const values: Record<string, unknown> = {...defaultsOf(table)};
  let sound = true;
  let complete = true;
  for (const entry of map.entries) {
    const known = Object.hasOwn(table, entry.key) ? table[entry.key] : undefined;
    if (known === undefined) {
      if (others.includes(entry.key)) continue;
      context.report.error(entry.keyAt, unknownKey(entry.key, spot.label, table, others));
      sound = false;
      continue;
    }
    const label = spot.label === '' ? entry.key : `${spot.label}.${entry.key}`;
    if (known.later) context.report.note(entry.keyAt, `${label} has no effect yet`);
    const value = known.check.read({label, keyAt: entry.keyAt, node: entry.value}, context);
    if (value === null) [sound, complete] = [false, complete && known.or !== undefined];
    else values[known.field] = value;
  }
  for (const [name, {or, check}] of Object.entries<Key>(table)) {
    if (or !== undefined || entryOf(map, name) !== undefined) continue;
    const inside = spot.label === '' ? '' : `${spot.label}: `;
    context.report.error(spot.keyAt, `${inside}${name} is missing: expected ${check.expects}`);
    [sound, complete] = [false, false];
  }
  const found: Found = {
    spot,
    sound,
    has: name => entryOf(map, name) !== undefined,
    at: name => entryOf(map, name)?.value.at ?? map.at,
  };
  // `as`: each value was just read by the check that its type comes from.
  return {values: complete ? (values as Values<T>) : null, found};
}

function unknownKey(word: string, label: string, table: Table, others: readonly string[]): string {
  const inside = label === '' ? '' : ` in ${label}`;
  const words = [...Object.keys(table), ...others];
  const parent = Object.entries(table).find(([, {check}]) => {
    const {keys = {}, kinds = {}} = check.section ?? {};
    return Object.hasOwn(keys, word) || Object.hasOwn(kinds, word);
  });
  const advice =
    parent !== undefined && nearest(word, words) === undefined
      ? `it belongs under ${parent[0]}: (write ${parent[0]}: {${word}: …})`
      : didYouMean(word, words);
  return `unknown key ${quote(word).slice(1, -1)}${inside}: ${advice}`;
}

/** Defines a map with the keys of a table; `finish` checks the values together and converts them to the final form. */
export function mapping<T extends Table, R>(
  section: {readonly title: string; readonly doc: string; readonly keys: T},
  finish: (values: Values<T>, found: Found, context: Context) => R,
): Check<R> {
  const {keys} = section;
  const example = `{${Object.entries<Key>(keys)
    .slice(0, 2)
    .map(([name, {check, example}]) => `${name}: ${example ?? check.example}`)
    .join(', ')}}`;
  const expects = `a map such as ${example}`;
  return {
    expects,
    example,
    section,
    read(spot, context) {
      if (spot.node.kind !== 'map') return refuse(spot, context, expects);
      const {values, found} = readKeys(keys, spot.node, spot, context);
      return values === null ? null : finish(values, found, context);
    },
    show: value => showKeys(keys, value),
    later: value => laterKeys(keys, value),
  };
}

function fieldOf(value: unknown, field: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, field) : undefined;
}

function showKeys(keys: Table, value: unknown): string {
  const shown = Object.entries(keys)
    .map(([name, {field, check}]) => ({name, check, value: fieldOf(value, field)}))
    .filter(each => each.value !== null && each.value !== undefined)
    .map(each => `${each.name}: ${each.check.show(each.value)}`);
  return `{${shown.join(', ')}}`;
}

/** Returns the parts of a checked value that have no effect yet, by the same flags that produce notes while reading. */
export function laterKeys(keys: Table, value: unknown): readonly string[] {
  return Object.entries(keys).flatMap(([name, {field, check, or, later}]) => {
    const given = fieldOf(value, field);
    if (given === undefined || given === null) return [];
    const usual = or !== undefined && or.value !== null && check.show(or.value) === check.show(given);
    if (later) return usual ? [] : [`.${name}`];
    return (check.later?.(given) ?? []).map(rest => `.${name}${rest}`);
  });
}
