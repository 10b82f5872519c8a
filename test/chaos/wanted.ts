/**
 * The model of what should run. Made from the fleet file and the commands given, not from brood's output; it follows
 * the contract.
 */
import {join} from 'node:path';
import {MAIN_MARK, temperOf, type First, type TemperName} from './tempers.ts';

/** A worker as the fleet file describes it. */
export interface Described {
  readonly temper: TemperName;
  readonly instances: number;
  /** Part of its environment: a new number makes a new definition. */
  readonly version: number;
}

interface Running {
  temper: TemperName;
  version: number;
  count: number;
  readonly stopped: Set<number>;
}

export interface Places {
  readonly folder: string;
  /** The folder of the tempers' programs. */
  readonly programs: string;
  readonly ledger: string;
  /** Initial number of instances in the fleet. */
  readonly instances: number;
  /** Whether daemons drop their environment: brood can follow that only with cgroups. */
  readonly shed: boolean;
  /** Lines that a chatty worker writes every half second. */
  readonly chattyLines: number;
  /** Size of a log file of a chatty worker, in MiB. */
  readonly chattyMiB: number;
}

export class Wanted {
  readonly #file = new Map<string, Described>();
  readonly #running = new Map<string, Running>();

  constructor(first: readonly First[]) {
    for (const {name, temper, instances} of first) this.describe(name, {temper, instances, version: 1});
    this.apply();
  }

  /** Returns the workers in the file, in its order. */
  get names(): string[] {
    return [...this.#file.keys()];
  }

  described(name: string): Described {
    const found = this.#file.get(name);
    if (!found) throw new Error(`no worker ${name} in the file`);
    return found;
  }

  /** Edits the file; null removes the worker. Takes effect when the file is applied. */
  describe(name: string, worker: Described | null): void {
    if (worker) this.#file.set(name, worker);
    else this.#file.delete(name);
  }

  /** Applies the file. Returns the instances whose processes may change. */
  apply(): string[] {
    const touched: string[] = [];
    for (const [name, running] of [...this.#running]) {
      if (this.#file.has(name)) continue;
      touched.push(...idsOf(name, running.count));
      this.#running.delete(name);
    }
    for (const [name, {temper, instances, version}] of this.#file) {
      const running = this.#running.get(name);
      if (!running) {
        this.#running.set(name, {temper, version, count: instances, stopped: new Set()});
        touched.push(...idsOf(name, instances));
        continue;
      }
      const changed = running.version !== version;
      touched.push(...this.#resize(name, running, instances, changed));
      if (!changed) continue;
      running.version = version;
      running.stopped.clear();
      touched.push(...idsOf(name, instances));
    }
    return touched;
  }

  /** Sets the number of instances by command, until the file is applied. Returns the instances added or removed. */
  scale(name: string, instances: number): string[] {
    const running = this.#running.get(name);
    return running ? this.#resize(name, running, instances, false) : [];
  }

  stop(ids: readonly string[]): void {
    for (const id of ids) this.#of(id)?.running.stopped.add(numberOf(id));
  }

  start(ids: readonly string[]): void {
    for (const id of ids) this.#of(id)?.running.stopped.delete(numberOf(id));
  }

  /** Returns the instances that should run, with their tempers. */
  up(): Map<string, TemperName> {
    const all = new Map<string, TemperName>();
    for (const [name, {temper, count, stopped}] of this.#running) {
      for (let number = 1; number <= count; number++) if (!stopped.has(number)) all.set(`${name}/${number}`, temper);
    }
    return all;
  }

  /** Returns the instances that were stopped by command. */
  down(): string[] {
    return [...this.#running].flatMap(([name, {stopped}]) => [...stopped].map(number => `${name}/${number}`));
  }

  /** Returns the current number of instances, whatever the file has. */
  countOf(name: string): number {
    return this.#running.get(name)?.count ?? 0;
  }

  /** Returns the text of the fleet file. */
  toFile(places: Places): string {
    const workers: Record<string, object> = {};
    for (const [name, {temper, instances, version}] of this.#file) {
      const env: Record<string, string> = {
        CHAOS_FOLDER: places.folder,
        CHAOS_LEDGER: places.ledger,
        CHAOS_VERSION: String(version),
        CHAOS_SHED: places.shed ? 'yes' : '',
      };
      if (temper === 'chatty') env['CHAOS_LINES'] = String(places.chattyLines);
      workers[name] = {
        run: ['sh', join(places.programs, `${temper}.sh`), MAIN_MARK],
        instances,
        env,
        logs: temper === 'chatty' ? {max_size: `${places.chattyMiB}MiB`, keep: 10} : {max_size: '4KiB', keep: 100},
        stop: {timeout: '2s'},
        // The imp kills them, and they must be restarted every time.
        give_up: {restarts: 1_000_000, within: '1s'},
        backoff: {first: '0s', initial: '100ms', max: '2s'},
        ...temperOf(temper).definition,
      };
    }
    return JSON.stringify({fleet: 'chaos', workers}, null, 1);
  }

  #of(id: string): {readonly running: Running} | null {
    const running = this.#running.get(id.slice(0, id.indexOf('/')));
    return running && numberOf(id) <= running.count ? {running} : null;
  }

  /** New instances are wanted if the existing ones are: those of a worker stopped by hand do not start. */
  #resize(name: string, running: Running, instances: number, changed: boolean): string[] {
    const before = running.count;
    const allDown = before > 0 && running.stopped.size === before && !changed;
    running.count = instances;
    const moved: string[] = [];
    for (let number = Math.min(before, instances) + 1; number <= Math.max(before, instances); number++) {
      moved.push(`${name}/${number}`);
      if (allDown && number > before) running.stopped.add(number);
      else running.stopped.delete(number);
    }
    return moved;
  }
}

const numberOf = (id: string): number => Number(id.slice(id.indexOf('/') + 1));
const idsOf = (name: string, count: number): string[] => Array.from({length: count}, (_, i) => `${name}/${i + 1}`);
