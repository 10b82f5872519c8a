import type {Report} from './report.ts';
import {describe, type Node} from './tree.ts';
import type {Section} from './table.ts';

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
  readonly unheld: (limit: 'memory' | 'cpu') => string | null;
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
