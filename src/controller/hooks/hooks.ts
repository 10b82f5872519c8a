/**
 * Hooks: programs that run after an event of a worker. A hook runs once its event is committed and written, so no
 * decision waits for it, and at most once: pending calls of a lost controller are lost with it. Calls of one worker run
 * one at a time, in the order of the journal.
 */
import type {JournalEvent} from '../../journal/events.ts';
import {hookOf, type EventRecord} from '../../journal/record.ts';
import type {RunHelper} from '../spawn/helper.ts';
import {ConcurrencyLimit} from '../spawn/concurrency-limit.ts';
import type {WorkerSpec} from '../../fleet/types.ts';

const TIMEOUT_MS = 30_000;
/** Most pending calls of one worker; further calls are dropped, and that is an event. */
const MOST_WAITING = 100;
/** Most calls at once in the fleet: a thousand workers that end at once must not start a thousand processes more. */
const AT_ONCE = 32;

export interface HooksOptions {
  /** Returns the current definitions of all workers. */
  readonly workers: () => readonly WorkerSpec[];
  readonly run: RunHelper;
  readonly note: (event: JournalEvent) => void;
}

interface Call {
  readonly hook: string;
  readonly argv: readonly string[];
  readonly spec: WorkerSpec;
  readonly instance: number;
  readonly record: EventRecord;
}

/** The calls of one worker. */
interface Lane {
  readonly waiting: Call[];
  current: Call | null;
  dropped: number;
}

export class Hooks {
  readonly #options: HooksOptions;
  readonly #slots = new ConcurrencyLimit(AT_ONCE);
  readonly #lanes = new Map<string, Lane>();
  readonly #over = new AbortController();
  /** Definitions of workers with hooks. A worker that leaves the fleet is still here for its last events. */
  #specs: ReadonlyMap<string, WorkerSpec> = new Map();
  #quiet: (() => void)[] = [];
  #hurried = false;

  constructor(options: HooksOptions) {
    this.#options = options;
    this.#learn();
  }

  /** Handles a journal record. */
  heard(record: EventRecord): void {
    const {type, worker, instance} = record;
    if (type === 'plan-applied') this.#learn();
    else if (type === 'supervisor-stopping' && record['now'] === true) this.#hurry();
    if (worker === undefined || instance === undefined || this.#over.signal.aborted) return;
    const hook = hookOf(record);
    const spec = this.#specs.get(worker);
    const argv = hook === null ? undefined : spec?.hooks[hook];
    if (hook === null || spec === undefined || argv === undefined) return;
    const lane = this.#lanes.get(worker) ?? {waiting: [], current: null, dropped: 0};
    this.#lanes.set(worker, lane);
    if (lane.waiting.length >= MOST_WAITING) lane.dropped++;
    else lane.waiting.push({hook, argv, spec, instance, record});
    if (lane.current === null) void this.#work(worker, lane);
  }

  /** Resolves once no call is pending or runs, or after `ms`; at once if the fleet is to end at once. */
  async quiet(ms: number): Promise<void> {
    if (this.#lanes.size === 0 || this.#hurried) return;
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>(resolve => {
      this.#quiet.push(resolve);
      timer = setTimeout(resolve, ms);
    });
    clearTimeout(timer);
  }

  /**
   * Ends all calls: pending ones are dropped, running ones are killed or left alone. Returns events for the journal.
   */
  end(underWay: 'kill' | 'leave'): readonly JournalEvent[] {
    const events: JournalEvent[] = [];
    for (const [worker, lane] of this.#lanes) {
      const {current} = lane;
      if (current !== null && underWay === 'kill')
        events.push(failed(worker, current, 'killed because the fleet is down'));
      lane.dropped += lane.waiting.splice(0).length;
      if (lane.dropped > 0) events.push(dropped(worker, lane));
    }
    this.#lanes.clear();
    if (underWay === 'kill') this.#over.abort();
    return events;
  }

  #learn(): void {
    const withHooks = this.#options.workers().filter(({hooks}) => Object.keys(hooks).length > 0);
    this.#specs = new Map(withHooks.map(spec => [spec.name, spec]));
  }

  #hurry(): void {
    this.#hurried = true;
    for (const resolve of this.#quiet.splice(0)) resolve();
  }

  async #work(worker: string, lane: Lane): Promise<void> {
    for (let call = lane.waiting.shift(); call !== undefined; call = lane.waiting.shift()) {
      lane.current = call;
      const trouble = await this.#slots.run(() => this.#call(call)).catch(String);
      // The end has already been reported by end().
      if (this.#lanes.get(worker) !== lane) return;
      lane.current = null;
      if (trouble !== null) this.#options.note(failed(worker, call, trouble));
      if (lane.dropped > 0) this.#options.note(dropped(worker, lane));
      lane.dropped = 0;
    }
    this.#lanes.delete(worker);
    if (this.#lanes.size === 0) for (const resolve of this.#quiet.splice(0)) resolve();
  }

  #call({hook, argv, spec, instance, record}: Call): Promise<string | null> {
    return this.#options.run(
      {spec, id: `${spec.name}/${instance}`, number: instance},
      {
        argv,
        timeoutMs: TIMEOUT_MS,
        env: {BROOD_HOOK: hook, BROOD_EVENT: JSON.stringify(record)},
        signal: this.#over.signal,
      },
    );
  }
}

function failed(worker: string, {hook, instance, record}: Call, message: string): JournalEvent {
  return {type: 'hook-failed', worker, instance, hook, message, event: record.seq};
}

function dropped(worker: string, {dropped: count}: Lane): JournalEvent {
  return {type: 'hook-dropped', worker, count};
}
