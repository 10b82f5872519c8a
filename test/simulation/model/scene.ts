/** One input of the core, with everything that a check of its result needs. */
import type {Core, Effect, Input, Time} from '../../../src/supervisor/index.ts';
import type {Moment} from '../moment.ts';

/** The instances, by id, whose wanted state and restart history an input may change. */
export interface Scope {
  readonly up: ReadonlySet<string>;
  readonly down: ReadonlySet<string>;
  /** The result is not determined: instances that others require, or that a fleet file changes. */
  readonly open: ReadonlySet<string>;
}

export interface Scene {
  readonly input: Input;
  readonly effects: readonly Effect[];
  /** The core after the input. */
  readonly core: Core;
  readonly time: Time;
  readonly moment: Moment;
  readonly scope: Scope;
}
