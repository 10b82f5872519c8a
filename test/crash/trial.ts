/** One run through a scenario, in which a process may die at a point: what is wanted of the fleet, step by step. */
import {setTimeout as delay} from 'node:timers/promises';
import type {PsReport, WorkerReport} from '../../src/control/reports.ts';
import {until, type Ran} from '../end-to-end/harness.ts';
import type {CrashFleet, Setting} from './fleet.ts';

/** Recovery takes a second; the machine may be loaded. */
export const PATIENCE_MS = 30_000;
const RETRY_MS = 100;

/** What is to become of an instance: `gone` is neither there nor living. */
export type Wanted = 'ready' | 'stopped' | 'finished' | 'gone';

/** What a step may take away from the fleet's folder. */
export type Lost = 'journal' | 'logs' | 'state';

export interface Step {
  readonly name: string;
  /** The instances that may get another main process in it. */
  readonly touches: readonly string[];
  /** Steps without which it makes no sense, beside `up`. */
  readonly needs?: readonly string[];
  readonly run: (trial: Trial) => Promise<void>;
}

export interface Scenario extends Setting {
  readonly name: string;
  readonly steps: readonly Step[];
  /** Steps of which another scenario has the points. */
  readonly elsewhere?: readonly string[];
  /** Of its points only those are run that no scenario before it has in any of its steps. */
  readonly onlyNew?: true;
  /** What is wrong after it that no other scenario could have. */
  readonly faults?: (trial: Trial) => string[];
}

export class Trial {
  readonly fleet: CrashFleet;
  /** No process is to die but those that a step kills: every command works at once. */
  readonly #undisturbed: boolean;
  readonly wanted = new Map<string, Wanted>();
  /** How often each instance is started when nothing dies that is not killed by a step. */
  readonly starts = new Map<string, number>();
  /** A command was given again, so what it starts may be started once more. */
  readonly repeated = new Map<string, number>();
  /** Commands that were given again, with what they said. */
  readonly refusals: string[] = [];
  /** A step killed a keeper: what ended meanwhile ended nobody knows how. */
  keeperKilled = false;
  /** What a step took away for good. */
  readonly lost = new Set<Lost>();
  /** The fleet was ended, as it should be, and begun anew. */
  hasBegunAnew = false;

  constructor(fleet: CrashFleet, undisturbed: boolean) {
    this.fleet = fleet;
    this.#undisturbed = undisturbed;
  }

  /** From now on it is wanted so; `started`: by so many starts more. */
  want(id: string, wanted: Wanted, started = 0): void {
    this.wanted.set(id, wanted);
    this.starts.set(id, (this.starts.get(id) ?? 0) + started);
  }

  /**
   * Gives a command until it is done; a client that died, or whose controller did, says that it failed.
   *
   * @param starts the instances that each attempt may start
   * @param done what a refusal says when an earlier attempt has done it already
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

  /** Waits until all is as it is wanted, as the controller says it. */
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

  /** Waits until another process than `pid` is this instance's, and all is as it is wanted. */
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
      // Whose exit nobody saw may have failed.
      return worker?.status === 'finished' || (keeperKilled && worker?.status === 'failed');
    case 'stopped':
      return worker?.status === 'stopped' && worker.pid === null;
  }
}
