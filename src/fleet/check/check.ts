import type {Report} from '../syntax/report.ts';
import {describe, type Node} from '../syntax/tree.ts';

/** What checks must know beside the file. */
export interface Context {
  readonly report: Report;
  /** The folder that relative paths start from. */
  readonly dir: string;
  /** Whether the fleet would run as root. */
  readonly root: boolean;
  /** What `instances: cpus` means. */
  readonly cpus: number;
  /** What keeps a path from being watched, in words; null: nothing. */
  readonly unwatchable: (path: string) => string | null;
  /** Why a limit can't be held by cgroup here, in words; null: it can, or nobody knows. */
  readonly unenforced: (limit: 'memory' | 'cpu') => string | null;
  /** Why no socket is to be bound at a path, in words; null: nothing speaks against it, or nobody knows. */
  readonly noSocket: (path: string) => string | null;
}

/** A value and what it is called in messages, e.g. `web.stop.timeout`. */
export interface Spot {
  readonly label: string;
  /** Where its key is: what is missing is missing there. */
  readonly keyAt: number;
  readonly node: Node;
}

/** A word of a choice. */
export interface Option {
  readonly doc: string;
  /** What others call it; read as the same. */
  readonly alias?: string;
  /** Has no effect yet. */
  readonly later?: true;
}

/** What one kind of value must look like. Methods, so that checks of different values fit into one table. */
export interface Check<T> {
  /** Follows "expected": what it is, with an example. */
  readonly expects: string;
  /** A value as one would write it. */
  readonly example: string;
  /** The table of keys below, where the value is a map with keys of ours. */
  readonly section?: Section;
  /** The words to choose from, where it is a choice. */
  readonly options?: Readonly<Record<string, Option>>;
  /** The value, normalized; null where it is wrong, and then the report says why. */
  read(spot: Spot, context: Context): T | null;
  /** The value as one would write it. */
  show(value: T): string;
  /** What of a value has no effect yet, each as it follows its key: `.memory`, `: nudge`. */
  later?(value: T): readonly string[];
}

/** What is known of one key: checking it, suggesting it and documenting it all start here. */
export interface Key<F extends string = string, T = unknown> {
  /** What the value is called in the checked fleet. */
  readonly field: F;
  readonly check: Check<T>;
  /** What holds where the key is absent; a key without it must be there. */
  readonly or?: {readonly value: T; readonly text?: string};
  readonly doc: string;
  /** A value as one would write it, where the check's own is not telling enough. */
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
  /** Keys of which exactly one is there. */
  readonly kinds?: Readonly<Record<string, Kind>>;
}

/** One way of saying something, by its key. */
export interface Kind<T extends object = object> {
  readonly check: Check<T>;
  readonly doc: string;
  readonly example?: string;
  /** Has no effect yet. */
  readonly later?: true;
}

/** Says that a value is not what was expected. */
export function refuse(spot: Spot, context: Context, expects: string): null {
  context.report.error(
    spot.node.at,
    `${spot.label === '' ? 'the file' : spot.label}: expected ${expects}, found ${describe(spot.node)}`,
  );
  return null;
}

/** Says what is wrong with a value, quoting it. */
export function refuseBecause(spot: Spot, context: Context, reason: string): null {
  context.report.error(spot.node.at, `${spot.label}: ${describe(spot.node)}: ${reason}`);
  return null;
}

/** The text of a string, number or boolean (`PORT: 3000` means "3000"); undefined for anything else. */
export function textOf(node: Node): string | undefined {
  return node.kind === 'scalar' && node.value !== null ? node.text : undefined;
}
