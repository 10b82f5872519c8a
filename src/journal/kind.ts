/** A kind of event: its meaning, its fields, and the properties that follow from their values. */
import {areIn, type Fields, type Values} from './fields.ts';

export type Severity = 'error' | 'warning' | 'good' | 'plain' | 'quiet';

/** A constant for all events of a kind, or a function of an event's fields. */
type Either<S extends Fields, T> = T | ((event: Values<S>) => T);

interface Definition<S extends Fields> {
  readonly doc: string;
  readonly fields: S;
  /** Default: plain. */
  readonly severity?: Either<S, Severity>;
  /** Whether a foreground `up` shows the event. Default: false. */
  readonly shown?: Either<S, boolean>;
  /** The hook that the event calls, or null. Default: null. */
  readonly hook?: Either<S, string | null>;
}

type Loose = Readonly<Record<string, unknown>>;

export interface EventKind<S extends Fields = Fields> {
  readonly doc: string;
  readonly fields: S;
  holds(record: Loose): boolean;
  severityOf(record: Loose): Severity;
  isShown(record: Loose): boolean;
  hookOf(record: Loose): string | null;
}

export function event<S extends Fields>({doc, fields, severity, shown, hook}: Definition<S>): EventKind<S> {
  const of = <T extends string | boolean | null>(either: Either<S, T> | undefined, record: Loose, or: T): T =>
    typeof either === 'function' ? (areIn(fields, record) ? either(record) : or) : (either ?? or);
  return {
    doc,
    fields,
    holds: record => areIn(fields, record),
    severityOf: record => of<Severity>(severity, record, 'plain'),
    isShown: record => of(shown, record, false),
    hookOf: record => of<string | null>(hook, record, null),
  };
}
