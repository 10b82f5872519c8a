/**
 * Health checks: each ready instance that is not paused is checked at intervals, and reported to the core once it has
 * failed as often in a row as its definition allows. Failure counts are not committed: a controller that takes over
 * counts anew.
 */
import {isDeepStrictEqual} from 'node:util';
import {HealthRecord} from './record.ts';
import type {HealthReport} from '../../control/reports.ts';
import type {Health} from '../../fleet/types.ts';
import type {Core} from '../../supervisor/index.ts';
import type {Input, Instance, Time} from '../../supervisor/types.ts';

/** Random delay of the first check, as a fraction of `every`: a thousand ready at once are not checked at once. */
const SPREAD = 0.2;

export interface HealthOptions {
  readonly core: Core;
  /** Checks once. Resolves to null, or to a description of the failure. */
  readonly check: (health: Health, instance: Instance, signal: AbortSignal) => Promise<string | null>;
  readonly feed: (input: Input) => void;
  readonly now: () => Time;
  /** 0 (inclusive) to 1 (exclusive). */
  readonly random: () => number;
}

/** The checks of one run with one definition. */
interface Watch {
  readonly id: string;
  readonly token: string;
  readonly health: Health;
  readonly record: HealthRecord;
  timer: NodeJS.Timeout | null;
  /** Cancels the pending check. */
  abort: AbortController | null;
  /** When the run was last known to be well (CLOCK_MONOTONIC, ms). */
  wellAt: number;
}

export class HealthChecks {
  readonly #options: HealthOptions;
  readonly #watches = new Map<string, Watch>();
  readonly #records = new Map<string, HealthRecord>();
  #over = false;

  constructor(options: HealthOptions) {
    this.#options = options;
  }

  /** Handles a journal record: of one instance, or of new definitions. */
  heard({type, worker, instance}: {readonly type: string; readonly worker?: string; readonly instance?: number}): void {
    if (type === 'plan-applied') this.lookAtAll();
    else if (worker === undefined || instance === undefined) return;
    else if (type === 'status-changed') this.#updateWatch(`${worker}/${instance}`);
    // A paused instance can't answer its pending check. Later rounds check it again once it is resumed.
    else if (type === 'paused') this.#watches.get(`${worker}/${instance}`)?.abort?.abort();
  }

  /** Starts checks of ready instances that have none yet, and ends those that are not wanted any more. */
  lookAtAll(): void {
    const {core} = this.#options;
    for (const {id} of core.instances()) this.#updateWatch(id);
    for (const id of this.#records.keys()) if (!core.get(id)) this.#forget(id);
  }

  /** Returns null if the worker has no health checks. */
  reportOf({id, worker}: Instance): HealthReport | null {
    const {health} = this.#options.core.specOf(worker);
    return health && (this.#records.get(id) ?? new HealthRecord()).report(health.failures);
  }

  /** Ends all checks. */
  end(): void {
    this.#over = true;
    for (const watch of this.#watches.values()) this.#drop(watch);
  }

  #updateWatch(id: string): void {
    const {core, now} = this.#options;
    const instance = core.get(id);
    const run = instance?.status === 'ready' ? instance.run : null;
    const health = instance && run ? core.specOf(instance.worker).health : null;
    const known = this.#watches.get(id);
    if (known && run?.token === known.token && isDeepStrictEqual(health, known.health)) return;
    if (known) this.#drop(known);
    if (!run || !health || this.#over) return;
    const record = this.#records.get(id) ?? new HealthRecord();
    this.#records.set(id, record);
    const wellAt = known?.token === run.token ? known.wellAt : now().mono;
    const watch: Watch = {id, token: run.token, health, record, timer: null, abort: null, wellAt};
    this.#watches.set(id, watch);
    this.#later(watch, health.everyMs * (1 + SPREAD * this.#options.random()));
  }

  #later(watch: Watch, ms: number): void {
    watch.timer = setTimeout(() => void this.#round(watch), ms);
  }

  async #round(watch: Watch): Promise<void> {
    const {now} = this.#options;
    const began = now().mono;
    const instance = this.#asked(watch);
    if (instance) {
      const abort = new AbortController();
      watch.abort = abort;
      const trouble = await this.#options.check(watch.health, instance, abort.signal).catch(String);
      watch.abort = null;
      if (this.#watches.get(watch.id) !== watch) return;
      // An instance that was paused or stopped in the meantime could not answer.
      if (!abort.signal.aborted && this.#asked(watch)) this.#took(watch, trouble);
    }
    this.#later(watch, Math.max(0, began + watch.health.everyMs - now().mono));
  }

  /** Returns the instance if it may be checked now: checks rest while it is paused or on its way down. */
  #asked({id, token}: Watch): Instance | null {
    const instance = this.#options.core.get(id);
    const run = instance?.status === 'ready' && instance.wanted === 'up' ? instance.run : null;
    return instance && run?.token === token && run.pausedAt === null ? instance : null;
  }

  #took(watch: Watch, message: string | null): void {
    const {token, health, record} = watch;
    const {mono, wall} = this.#options.now();
    if (message === null) {
      record.well();
      watch.wellAt = mono;
      return;
    }
    record.failed(message, wall);
    const {failures} = record;
    if (failures < health.failures) return;
    this.#options.feed({type: 'health-failed', token, message, failures, badForMs: mono - watch.wellAt});
  }

  #drop(watch: Watch): void {
    this.#watches.delete(watch.id);
    watch.record.restart();
    if (watch.timer) clearTimeout(watch.timer);
    watch.abort?.abort();
  }

  #forget(id: string): void {
    const watch = this.#watches.get(id);
    if (watch) this.#drop(watch);
    this.#records.delete(id);
  }
}
