import type {Report} from '../syntax/report.ts';
import {describe, type Node} from '../syntax/tree.ts';

/** The input of checks besides the file. */
export interface Context {
  readonly report: Report;
  /** The base folder of relative paths. */
  readonly dir: string;
  /** Whether the fleet would run as root. */
  readonly root: boolean;
  /** The value of `instances: cpus`. */
  readonly cpus: number;
  /** Returns why a path can't be watched, or null. */
  readonly unwatchable: (path: string) => string | null;
  /** Returns why a limit can't be enforced by cgroup here, or null if it can or that is unknown. */
  readonly unenforced: (limit: 'memory' | 'cpu') => string | null;
  /** Returns why no socket may be bound at a path, or null if one may or that is unknown. */
  readonly noSocket: (path: string) => string | null;
}

/** A value and its label in messages, e.g. `web.stop.timeout`. */
export interface Spot {
  readonly label: string;
  /** The place of its key, where missing keys are reported. */
  readonly keyAt: number;
  readonly node: Node;
}

/** One word of a choice. */
export interface Option {
  readonly doc: string;
  /** An accepted synonym from other programs. */
  readonly alias?: string;
  /** Has no effect yet. */
  readonly later?: true;
}

/** A check of one kind of value. Uses methods, so that checks of different values fit into one table. */
export interface Check<T> {
  /** Text that follows "expected": a description with an example. */
  readonly expects: string;
  /** An example of the value in the file's syntax. */
  readonly example: string;
  /** The table of nested keys, if the value is a map with predefined keys. */
  readonly section?: Section;
  /** The words of a choice. */
  readonly options?: Readonly<Record<string, Option>>;
  /** Returns the normalized value, or null after an error was reported. */
  read(spot: Spot, context: Context): T | null;
  /** Formats the value in the file's syntax. */
  show(value: T): string;
  /** Returns the parts of a value that have no effect yet, as text that follows its key: `.memory`, `: nudge`. */
  later?(value: T): readonly string[];
}

/** The definition of one key, the source for checks, suggestions and documentation. */
export interface Key<F extends string = string, T = unknown> {
  /** The name of the value in the checked fleet. */
  readonly field: F;
  readonly check: Check<T>;
  /** The default; a key without one is required. */
  readonly or?: {readonly value: T; readonly text?: string};
  readonly doc: string;
  /** An example in the file's syntax, if that of the check is not clear enough. */
  readonly example?: string;
  /** Has no effect yet. */
  readonly later?: true;
}

/** The keys of one map. */
export type Table = Readonly<Record<string, Key>>;

/** A map's page in the reference. */
export interface Section {
  readonly title: string;
  readonly doc: string;
  readonly keys: Table;
  /** Keys of which exactly one must be present. */
  readonly kinds?: Readonly<Record<string, Kind>>;
}

/** One of several alternatives, chosen by its key. */
export interface Kind<T extends object = object> {
  readonly check: Check<T>;
  readonly doc: string;
  readonly example?: string;
  /** Has no effect yet. */
  readonly later?: true;
}

/** Reports that a value is not of the expected kind. */
export function refuse(spot: Spot, context: Context, expects: string): null {
  context.report.error(
    spot.node.at,
    `${spot.label === '' ? 'the file' : spot.label}: expected ${expects}, found ${describe(spot.node)}`,
  );
  return null;
}

/** Reports why a value is invalid and quotes the value. */
export function refuseBecause(spot: Spot, context: Context, reason: string): null {
  context.report.error(spot.node.at, `${spot.label}: ${describe(spot.node)}: ${reason}`);
  return null;
}

/** Returns the text of a string, number or boolean (`PORT: 3000` means "3000"), or undefined for anything else. */
export function textOf(node: Node): string | undefined {
  return node.kind === 'scalar' && node.value !== null ? node.text : undefined;
}
