/**
 * Hooks: programs that are called when something has happened to a worker. They hear of it when it has been committed and
 * written, so no decision waits for them; each is called once at the most, since a controller that is lost takes with it
 * what it had not called yet. One at a time for each worker, in the order of the journal.
 */
import type {JournalEvent} from '../../journal/events.ts';
import {hookOf, type EventRecord} from '../../journal/record.ts';
import type {RunHelper} from '../spawn/helper.ts';
import {ConcurrencyLimit} from '../spawn/concurrency-limit.ts';
import type {WorkerSpec} from '../../fleet/types.ts';

const TIMEOUT_MS = 30_000;
/** Calls of one worker that may wait; what comes then is dropped, and that is an event. */
const MOST_WAITING = 100;
/** In the whole fleet: a thousand workers that end at once are no reason for a thousand processes more. */
const AT_ONCE = 32;

export interface HooksOptions {
  /** The definitions of all workers, as they are now. */
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
  /** Of workers that have hooks. One that leaves the fleet is still known when the last of it is told. */
  #specs: ReadonlyMap<string, WorkerSpec> = new Map();
  #quiet: (() => void)[] = [];
  #hurried = false;

  constructor(options: HooksOptions) {
    this.#options = options;
    this.#learn();
  }

  /** Something has happened. */
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

  /** Resolves once none waits or runs, or after so long; at once when all is to end at once. */
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
   * None is called any more. What is under way is killed, or left to itself. Answers what the journal is to say of that.
   */
  end(underWay: 'kill' | 'leave'): readonly JournalEvent[] {
    const events: JournalEvent[] = [];
    for (const [worker, lane] of this.#lanes) {
      const {current} = lane;
      if (current !== null && underWay === 'kill')
        events.push(failed(worker, current, 'it was killed: the fleet is down'));
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
      // What was to be said at the end has been said.
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
