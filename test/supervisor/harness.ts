/** A core for tests: facts refer to instances by id, and time passes on demand. */
import type {FleetSpec, GroupSpec, WorkerSpec} from '../../src/fleet/types.ts';
import {
  createCore,
  rateLimitsFor,
  restoreCore,
  type Effect,
  type Core,
  type CoreOptions,
  type Input,
  type Instance,
} from '../../src/supervisor/index.ts';
import {CALENDAR} from '../simulation/calendar.ts';
import {fleetOf, workerSpec} from '../simulation/fleets.ts';

export {fleetOf, workerSpec};

/** Fails the test: an invariant that the core reports as violated is a bug. */
export function violated(words: string): never {
  throw new Error(`an invariant is violated: ${words}`);
}

/** Returns a worker without jitter, so that delays are exact. */
export function worker(name: string, overrides: Partial<WorkerSpec> = {}): WorkerSpec {
  const {backoff} = workerSpec(name);
  return workerSpec(name, {backoff: {...backoff, jitter: 0}, ...overrides});
}

export class Bench {
  core: Core;
  mono = 1000;
  /** Lead of the wall clock over the monotonic clock; may be set. */
  ahead = 5_000_000;
  /** Effects of the last input. */
  effects: Effect[] = [];
  /** All effects since the beginning. */
  readonly all: Effect[] = [];
  limits = rateLimitsFor(1);
  #tokens = 0;
  #pid = 100;

  constructor(...workers: WorkerSpec[]) {
    this.core = createCore(fleetOf(workers), this.options);
    this.say({type: 'tick'});
  }

  /** Makes a bench with groups. */
  static of(workers: readonly WorkerSpec[], groups: readonly GroupSpec[]): Bench {
    const bench = new Bench(...workers);
    bench.core = createCore({...fleetOf(workers), groups}, bench.options);
    return bench.say({type: 'tick'});
  }

  get options(): CoreOptions {
    return {newToken: () => `t${++this.#tokens}`, random: () => 0.5, calendar: CALENDAR, limits: this.limits, violated};
  }

  say(input: Input): this {
    this.effects = this.core.handle(input, {mono: this.mono, wall: this.ahead + this.mono});
    this.all.push(...this.effects);
    return this;
  }

  /** Advances the time (ms) and handles what is due. */
  pass(ms: number): this {
    this.mono += ms;
    return this.say({type: 'tick'});
  }

  spawned(id: string): this {
    return this.say({type: 'spawned', token: this.token(id), pid: ++this.#pid, startTime: '1', at: 1});
  }

  spawnFailed(id: string, shortage = false): this {
    const message = shortage ? 'EAGAIN: no more processes' : 'ENOENT: /bin/x';
    return this.say({type: 'spawn-failed', token: this.token(id), code: 'EX', message, at: 1, shortage});
  }

  probeReady(id: string): this {
    return this.say({type: 'probe-ready', token: this.token(id)});
  }

  exited(id: string, code: number | null = 1): this {
    return this.say({type: 'exited', token: this.token(id), code, signal: null, at: 1});
  }

  cleared(id: string, survivors: string[] = []): this {
    return this.say({type: 'cleared', token: this.token(id), proof: 'lineage', survivors});
  }

  /** Ends the main process, and leaves nothing of the run. */
  gone(id: string, code: number | null = 1): this {
    return this.exited(id, code).cleared(id);
  }

  start = (...ids: string[]): this => this.say({type: 'start', ids});
  stop = (...ids: string[]): this => this.say({type: 'stop', ids});
  restart = (...ids: string[]): this => this.say({type: 'restart', ids});

  configure(...workers: WorkerSpec[]): this {
    const fleet: FleetSpec = fleetOf(workers);
    return this.say({type: 'configure', fleet});
  }

  /** Replaces the controller by a new one from its snapshot. */
  lose(): this {
    const {core, effects} = restoreCore(this.core.snapshot(), this.options);
    this.core = core;
    this.effects = effects;
    return this;
  }

  get(id: string): Instance {
    const instance = this.core.get(id);
    if (instance === undefined) throw new Error(`there is no ${id}`);
    return instance;
  }

  status(id: string): string {
    return this.get(id).status;
  }

  /** Returns the token of its run, or of the run being cleared. */
  token(id: string): string {
    const {run, clearing} = this.get(id);
    return run?.token ?? clearing ?? 'none';
  }

  /** Returns the types of the last effects, except journal lines. */
  wanted(): string[] {
    return this.effects.filter(({type}) => type !== 'journal').map(({type}) => type);
  }

  /** Returns the types of the last journal lines. */
  journal(): string[] {
    return this.effects.flatMap(effect => (effect.type === 'journal' ? [effect.event.type] : []));
  }

  /** Returns how often an effect has occurred since the beginning. */
  count(type: Effect['type']): number {
    return this.all.filter(effect => effect.type === type).length;
  }
}
