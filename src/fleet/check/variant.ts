import {refuse, type Check, type Kind, type Table} from './check.ts';
import {readKeys, type Values} from './table.ts';
import {entryOf, keyLabel} from '../syntax/tree.ts';

type Fields<K> = K extends Kind<infer T> ? T : never;

/** The kind, the fields of that kind, and the common fields. */
export type Variant<K extends Readonly<Record<string, Kind>>, T extends Table> = Values<T> &
  {readonly [Name in keyof K & string]: {readonly kind: Name} & Fields<K[Name]>}[keyof K & string];

/** Defines a map with exactly one of several keys (the kind), and keys common to all kinds. */
export function variant<K extends Readonly<Record<string, Kind>>, T extends Table>(section: {
  readonly title: string;
  readonly doc: string;
  readonly kinds: K;
  readonly keys: T;
}): Check<Variant<K, T>> {
  const kinds = Object.entries<Kind>(section.kinds);
  const names = kinds.map(([name]) => name);
  const example =
    kinds[0] === undefined ? '{}' : `{${kinds[0][0]}: ${kinds[0][1].example ?? kinds[0][1].check.example}}`;
  const expects = `a map with one of ${names.join(', ')}, such as ${example}`;
  return {
    expects,
    example,
    section,
    read(spot, context) {
      const {node} = spot;
      if (node.kind !== 'map') return refuse(spot, context, expects);
      const {values} = readKeys(section.keys, node, spot, context, names);
      const [first, second] = node.entries.filter(entry => names.includes(entry.key));
      if (first === undefined) {
        // An unknown key has been reported, and is probably the missing kind, misspelled.
        const unknown = node.entries.some(entry => !Object.hasOwn(section.keys, entry.key));
        if (!unknown) context.report.error(spot.keyAt, `${spot.label}: expected one of ${names.join(', ')}`);
        return null;
      }
      if (second !== undefined) {
        context.report.error(
          second.keyAt,
          `${spot.label}: ${first.key} and ${second.key} are both set: expected only one`,
        );
      }
      let result: object | null = null;
      for (const [name, kind] of kinds) {
        const entry = entryOf(node, name);
        if (entry === undefined) continue;
        const label = `${spot.label}.${name}`;
        if (kind.later) context.report.note(entry.keyAt, `${label} has no effect yet`);
        const fields = kind.check.read({label, keyAt: entry.keyAt, node: entry.value}, context);
        if (fields !== null && values !== null) result = {kind: name, ...fields, ...values};
      }
      // `as`: the kind's own check has just read the fields of the type.
      return result as Variant<K, T> | null;
    },
    show: value => `{${value.kind}: …}`,
    later: value => (section.kinds[value.kind]?.later ? [`: ${value.kind}`] : []),
  };
}

/** Wraps a check so that its value becomes one named field, for a kind with a single value. */
export function field<F extends string, T>(name: F, check: Check<T>): Check<Readonly<Record<F, T>>> {
  return {
    expects: check.expects,
    example: check.example,
    ...(check.section && {section: check.section}),
    read(spot, context) {
      const value = check.read(spot, context);
      // `as`: the compiler widens a computed key.
      return value === null ? null : ({[name]: value} as Record<F, T>);
    },
    show: value => check.show(value[name]),
  };
}

/** Defines a map from names to values of one kind, in the order of the file. */
export function named<T>(
  what: {readonly name: string; readonly example: string},
  nameCheck: Check<string>,
  check: Check<T>,
): Check<readonly (T & {readonly name: string})[]> {
  const expects = `a map from names to ${what.name}, such as ${what.example}`;
  return {
    expects,
    example: what.example,
    ...(check.section && {section: check.section}),
    read(spot, context) {
      if (spot.node.kind !== 'map') return refuse(spot, context, expects);
      const values: (T & {readonly name: string})[] = [];
      for (const {key, keyAt, value: node} of spot.node.entries) {
        const keyNode = {kind: 'scalar', at: keyAt, text: key, value: key, weight: 1, length: key.length} as const;
        const label = keyLabel(key);
        const name = nameCheck.read({label: `${spot.label}.${label}`, keyAt, node: keyNode}, context);
        const value = check.read({label, keyAt, node}, context);
        if (name !== null && value !== null) values.push({name, ...value});
      }
      return values;
    },
    show: values => `{${values.map(({name}) => `${name}: …`).join(', ')}}`,
  };
}
