/** One run of a scenario, in which a process may die at a point: the wanted state of the fleet, step by step. */
import {setTimeout as delay} from 'node:timers/promises';
import type {PsReport, WorkerReport} from '../../src/control/reports.ts';
import {until, type Ran} from '../end-to-end/harness.ts';
import type {CrashFleet, Setting} from './fleet.ts';

/** Recovery takes a second; the machine may be busy. */
export const PATIENCE_MS = 30_000;
const RETRY_MS = 100;

/** The wanted state of an instance; `gone`: neither listed nor alive. */
export type Wanted = 'ready' | 'stopped' | 'finished' | 'gone';

/** Data that a step may remove from the fleet's folder. */
export type Lost = 'journal' | 'logs' | 'state';

export interface Step {
  readonly name: string;
  /** Instances that may have another main process after the step. */
  readonly touches: readonly string[];
  /** Steps that this one depends on, beside `up`. */
  readonly needs?: readonly string[];
  readonly run: (trial: Trial) => Promise<void>;
}

export interface Scenario extends Setting {
  readonly name: string;
  readonly steps: readonly Step[];
  /** Steps whose points belong to another scenario. */
  readonly elsewhere?: readonly string[];
  /** Runs only points that no earlier scenario has in any step. */
  readonly onlyNew?: true;
  /** Returns faults specific to this scenario. */
  readonly faults?: (trial: Trial) => string[];
}

export class Trial {
  readonly fleet: CrashFleet;
  /** Only steps kill processes, so every command succeeds at the first attempt. */
  readonly #undisturbed: boolean;
  readonly wanted = new Map<string, Wanted>();
  /** Number of starts per instance if only steps kill processes. */
  readonly starts = new Map<string, number>();
  /** Additional starts that a repeated command may have caused, by instance. */
  readonly repeated = new Map<string, number>();
  /** Repeated commands, with their output. */
  readonly refusals: string[] = [];
  /** A step killed a keeper: the exits in the meantime are unknown. */
  keeperKilled = false;
  /** Data that a step removed for good. */
  readonly lost = new Set<Lost>();
  /** The fleet was ended as intended, and started anew. */
  hasBegunAnew = false;

  constructor(fleet: CrashFleet, undisturbed: boolean) {
    this.fleet = fleet;
    this.#undisturbed = undisturbed;
  }

  /** Sets the wanted state. `started` adds to the number of starts. */
  want(id: string, wanted: Wanted, started = 0): void {
    this.wanted.set(id, wanted);
    this.starts.set(id, (this.starts.get(id) ?? 0) + started);
  }

  /**
   * Repeats a command until it succeeds: it fails if the client or the controller dies.
   *
   * @param starts the instances that each attempt may start
   * @param done matches the error if an earlier attempt has succeeded
   */
  async command(args: readonly string[], starts: readonly string[] = [], done?: RegExp): Promise<void> {
    const end = performance.now() + PATIENCE_MS;
    for (let attempt = 1; ; attempt++) {
      const {code, out, err}: Ran = await this.fleet.runAsync(...args);
      if (code === 0 || (attempt > 1 && done?.test(err))) return;
      const words = `brood ${args.join(' ')}: exit ${code}: ${(out + err).trim().slice(0, 500)}`;
      if (this.#undisturbed || performance.now() > end) throw new Error(words);
      this.refusals.push(words);
      for (const id of starts) this.repeated.set(id, (this.repeated.get(id) ?? 0) + 1);
      await delay(RETRY_MS);
    }
  }

  /** Waits until the controller reports the wanted state. */
  async settled(): Promise<PsReport> {
    let why = '';
    try {
      return await until(
        'the fleet to be as it is wanted',
        async () => {
          const report = await this.fleet.report();
          why = report === null ? 'nobody answers' : this.#differences(report).join('; ');
          return why === '' ? report : null;
        },
        PATIENCE_MS,
      );
    } catch (error) {
      throw new Error(`not as it is wanted after ${PATIENCE_MS} ms: ${why}`, {cause: error});
    }
  }

  /** Waits until the instance is ready with another process than `pid`. */
  async successor(id: string, pid: number): Promise<void> {
    await until(
      `a successor of ${id} (${pid})`,
      async () => {
        const now = (await this.fleet.report())?.workers.find(worker => worker.id === id);
        return now?.status === 'ready' && now.pid !== pid;
      },
      PATIENCE_MS,
    );
  }

  async pidOf(id: string): Promise<number> {
    const {workers} = await this.settled();
    const pid = workers.find(worker => worker.id === id)?.pid;
    if (pid == null) throw new Error(`${id} has no pid`);
    return pid;
  }

  #differences({workers}: PsReport): string[] {
    const differences: string[] = [];
    for (const [id, wanted] of this.wanted) {
      const worker = workers.find(one => one.id === id);
      if (!isSo(worker, wanted, this.keeperKilled)) {
        differences.push(
          `${id} is ${worker ? `${worker.status} (${worker.reason ?? ''}) pid ${worker.pid ?? '-'}` : 'missing'}, wanted ${wanted}`,
        );
      }
    }
    for (const {id} of workers) if (!this.wanted.has(id)) differences.push(`${id} is there`);
    return differences;
  }
}

function isSo(worker: WorkerReport | undefined, wanted: Wanted, keeperKilled: boolean): boolean {
  switch (wanted) {
    case 'gone':
      return worker === undefined;
    case 'ready':
      return worker?.status === 'ready' && worker.pid !== null;
    case 'finished':
      // An exit that was not observed may count as a failure.
      return worker?.status === 'finished' || (keeperKilled && worker?.status === 'failed');
    case 'stopped':
      return worker?.status === 'stopped' && worker.pid === null;
  }
}
