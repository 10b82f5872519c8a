/** Field types of events: written events are typed, and records that are read back can be checked. */
import {isObject} from '../base/json.ts';

export interface Field<T, Missing extends boolean = boolean> {
  /** The type's name in the reference: `text`. */
  readonly holds: string;
  readonly mayBeMissing: Missing;
  readonly check: (value: unknown) => value is T;
}

export type Fields = Readonly<Record<string, Field<unknown>>>;

type ValueOf<F> = F extends Field<infer T> ? T : never;
type MissingOf<S extends Fields> = {[K in keyof S]: S[K] extends Field<unknown, true> ? K : never}[keyof S];

/** The values of a set of fields. */
export type Values<S extends Fields> = {readonly [K in Exclude<keyof S, MissingOf<S>>]: ValueOf<S[K]>} & {
  readonly [K in MissingOf<S>]?: ValueOf<S[K]>;
};

const field = <T>(holds: string, check: (value: unknown) => value is T): Field<T, false> => ({
  holds,
  mayBeMissing: false,
  check,
});

export const text = field('text', value => typeof value === 'string');
export const number = field('number', value => typeof value === 'number');
export const flag = field('true or false', value => typeof value === 'boolean');
export const texts = field(
  'list of strings',
  (value): value is readonly string[] => Array.isArray(value) && value.every(one => typeof one === 'string'),
);

/** How a process ended. */
export const ending = field(
  '`{code, signal}`',
  (value): value is {readonly code: number | null; readonly signal: string | null} =>
    isObject(value) && 'code' in value && 'signal' in value,
);

/** An optional field: present only where it applies. */
export const maybe = <T>({holds, check}: Field<T>): Field<T, true> => ({holds, mayBeMissing: true, check});

/** A field whose value may be unknown: null, or missing in a record of an earlier version. */
export const known = <T>({holds, check}: Field<T>): Field<T | null, true> => ({
  holds: `${holds}, or null`,
  mayBeMissing: true,
  check: value => value === null || check(value),
});

/** Returns whether a record has all mandatory fields, and all its fields have values of their types. */
export const areIn = <S extends Fields>(
  fields: S,
  record: Readonly<Record<string, unknown>>,
): record is Readonly<Record<string, unknown>> & Values<S> =>
  Object.entries(fields).every(([name, {mayBeMissing, check}]) => {
    const value = record[name];
    return value === undefined ? mayBeMissing : check(value);
  });
