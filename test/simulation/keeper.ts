/**
 * A simulated keeper: it identifies runs by their tokens, spawns none twice, records each end until the controller
 * allows it to forget the run, and sends all records again to a new controller.
 */
import type {RunFact} from '../../src/link/runs.ts';
import type {Effect} from '../../src/supervisor/types.ts';
import {promise} from './failure.ts';
import type {FaultRates} from './keeper/faults.ts';
import {Outbox} from './keeper/outbox.ts';
import {Processes} from './keeper/processes.ts';
import {recordOf, type FakeRun} from './keeper/run.ts';
import type {Prng} from './prng.ts';

export class FakeKeeper {
  /** The runs that are not forgotten, by token. */
  readonly runs = new Map<string, FakeRun>();
  /** The facts that the controller has not received yet. */
  readonly outbox: Outbox;
  readonly processes: Processes;
  /** Runs whose readiness is probed. The probes belong to the controller and end with it. */
  readonly probing = new Set<string>();
  /** Runs whose watchdogs count; these belong to the controller as well. */
  readonly watched = new Set<string>();
  /** The last run of each instance. */
  readonly #latest = new Map<string, FakeRun>();

  constructor(rng: Prng, faults: FaultRates) {
    this.outbox = new Outbox(rng);
    this.processes = new Processes(rng, this.outbox, faults);
  }

  /** Executes an effect of the core. */
  apply(effect: Effect, mono: number): void {
    switch (effect.type) {
      case 'spawn':
        this.#spawn(effect.token, effect.id);
        return;
      case 'end':
        this.#end(this.#runOf(effect), mono, effect.timeoutMs);
        return;
      case 'clear':
        this.#clear(this.#runOf(effect), mono, effect.graceMs);
        return;
      case 'forget':
        this.#forget(effect.token);
        return;
      case 'probe':
        this.probing.add(effect.token);
        return;
      case 'unprobe':
        this.probing.delete(effect.token);
        return;
      case 'watchdog':
        this.watched.add(effect.token);
        return;
      case 'unwatchdog':
        this.watched.delete(effect.token);
        return;
      case 'signal':
        this.#runOf(effect);
        return;
      case 'freeze':
      case 'thaw':
        this.processes.freeze(this.#runOf(effect), effect.type === 'freeze');
        return;
      case 'journal':
        return;
    }
  }

  /** Replaces the controller: unread facts are lost, and the facts of all runs are sent again. */
  reconnect(): void {
    this.outbox.clear();
    this.probing.clear();
    this.watched.clear();
    for (const run of this.runs.values()) this.outbox.resend(run);
  }

  /** Returns the records of all runs, as a keeper sends them to a controller that connects. */
  records(): RunFact[] {
    return Array.from(this.runs.values(), recordOf);
  }

  /** Ends a run at once, without a report. */
  kill(token: string): void {
    const run = this.runs.get(token);
    if (run) run.phase = 'cleared';
    this.runs.delete(token);
  }

  #spawn(token: string, id: string): void {
    const known = this.runs.get(token);
    if (known !== undefined) {
      this.outbox.resend(known);
      return;
    }
    const before = this.#latest.get(id);
    promise(
      before === undefined || before.phase === 'cleared' || before.phase === 'failed',
      () => `${id} is spawned as ${token} while ${before?.token ?? ''} is ${before?.phase ?? ''}`,
    );
    const run = this.processes.create(token, id);
    this.runs.set(token, run);
    this.#latest.set(id, run);
  }

  #end(run: FakeRun, mono: number, timeoutMs: number): void {
    if (run.phase === 'cleared' || run.phase === 'failed') this.outbox.resend(run);
    run.ending = true;
    run.frozen = false;
    run.killAt = Math.min(run.killAt, mono + timeoutMs);
  }

  #clear(run: FakeRun, mono: number, graceMs: number): void {
    promise(run.phase === 'exited' || run.phase === 'cleared', () => `clear of ${run.token}, which is ${run.phase}`);
    if (run.phase === 'cleared') this.outbox.resend(run);
    run.clearing = true;
    run.killAt = Math.min(run.killAt, mono + graceMs);
  }

  #forget(token: string): void {
    const run = this.runs.get(token);
    this.watched.delete(token);
    if (run === undefined) return;
    promise(
      run.phase === 'cleared' || run.phase === 'failed',
      () => `${run.id} (${token}) is to be forgotten, but is ${run.phase}`,
    );
    this.runs.delete(token);
  }

  #runOf({type, token}: {readonly type: string; readonly token: string}): FakeRun {
    const run = this.runs.get(token);
    promise(run !== undefined, () => `${type} of ${token}, which the keeper does not know`);
    return run;
  }
}
