/** A kind of event: what it means, what it tells, and what follows from that. */
import {areIn, type Fields, type Values} from './fields.ts';

export type Severity = 'error' | 'warning' | 'good' | 'plain' | 'quiet';

/** What is the same for each event of a kind, or follows from what it tells. */
type Either<S extends Fields, T> = T | ((event: Values<S>) => T);

interface Definition<S extends Fields> {
  readonly doc: string;
  readonly fields: S;
  /** Not there: plain. */
  readonly severity?: Either<S, Severity>;
  /** A foreground `up` shows it. */
  readonly shown?: Either<S, boolean>;
  /** The hook that it calls; null: none. */
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
