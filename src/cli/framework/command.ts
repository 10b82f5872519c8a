/** Types of commands and their context. */
import type {Output} from '../terminal/output.ts';

/** An option of parseArgs (`node:util`), with its texts for help and completion. */
export interface Option {
  readonly type: 'string' | 'boolean';
  readonly short?: string;
  /** The name of the value in help: `N`, `DURATION`. */
  readonly value?: string;
  readonly help: string;
  readonly choices?: readonly string[];
}

/** The kind of words that complete a positional argument. */
export type Completes = 'workers' | 'instances' | 'files' | 'commands' | 'signals' | 'shells' | 'none';

export interface Command {
  readonly name: string;
  readonly summary: string;
  /** The command line without `brood`, one line for each form. */
  readonly usage: string;
  readonly description: string;
  readonly options: Readonly<Record<string, Option>>;
  /** Pairs of a command line without `brood` and its explanation. */
  readonly examples: readonly (readonly [string, string])[];
  readonly completes: Completes;
  /** Whether `-3` is an argument and not an option. */
  readonly negativeNumbers?: boolean;
  execute(context: Context): Promise<number> | number;
}

export interface Context {
  readonly command: Command;
  readonly values: Readonly<Record<string, string | boolean | undefined>>;
  readonly positionals: readonly string[];
  readonly out: Output;
  readonly err: Output;
  readonly env: NodeJS.ProcessEnv;
  readonly cwd: string;
  readonly table: CommandTable;
}

/** A heading of the overview, and the commands under it. */
export interface Group {
  readonly title: string;
  readonly names: readonly string[];
}

/** All commands, for code that lists or loads commands. */
export interface CommandTable {
  readonly names: readonly string[];
  readonly groups: readonly Group[];
  /** Returns the command of that name, or null if there is none. */
  load(name: string): Promise<Command | null>;
  loadAll(): Promise<readonly Command[]>;
}

/** Options that every command takes. */
export const GLOBAL_OPTIONS: Readonly<Record<string, Option>> = {
  fleet: {
    type: 'string',
    value: 'NAME',
    help: 'the fleet to use (or BROOD_FLEET); default: the fleet in ./brood.yaml',
  },
  'no-color': {type: 'boolean', help: 'disable colours (or NO_COLOR)'},
  help: {type: 'boolean', short: 'h', help: 'show this help'},
};

export const JSON_OPTION: Readonly<Record<string, Option>> = {
  json: {type: 'boolean', help: 'print JSON'},
};

export const TIMEOUT_OPTION: Readonly<Record<string, Option>> = {
  timeout: {type: 'string', value: 'DURATION', help: 'wait at most this long, then exit 124; the operation continues'},
};

/** Returns the value of an option that takes one, or undefined. */
export const textOf = ({values}: Context, name: string): string | undefined => {
  const value = values[name];
  return typeof value === 'string' ? value : undefined;
};

export const isSet = ({values}: Context, name: string): boolean => values[name] === true;
