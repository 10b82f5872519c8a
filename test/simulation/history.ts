/** What a restart policy must come to, told a second time and from the contract alone. */
import type {WorkerSpec} from '../../src/fleet/types.ts';
import type {Input, Instance, Run, Status} from '../../src/supervisor/index.ts';
import {promise} from './failure.ts';

export interface History {
  /** Automatic restarts in a row. */
  readonly row: number;
  /** When they were decided on (CLOCK_MONOTONIC, ms). */
  readonly recent: readonly number[];
  /** The last delay; the next in the row is not shorter. */
  readonly delayMs: number;
}

export function historyOf({row, recent, delayMs}: Instance): History {
  return {row, recent: [...recent], delayMs};
}

/** Whether a run lasted long enough to end a row of restarts. */
export function lasted(run: Run, spec: WorkerSpec, mono: number): boolean {
  const decided = run.ending === 'not-ready' || run.ending === 'unhealthy';
  // One that hangs has lived until it was last heard.
  const livedMs = mono - run.since - (run.ending === 'watchdog' ? (spec.watchdogMs ?? 0) : 0);
  return run.pid !== null && !decided && livedMs >= spec.backoff.resetAfterMs;
}

/** What an instance must be after an end that nobody wanted. */
export function judged(
  run: Run,
  {code, signal, oom}: Extract<Input, {type: 'exited'}>,
  history: History,
  spec: WorkerSpec,
  mono: number,
): Status {
  const marks: readonly unknown[] = spec.success;
  const bad =
    run.ending === null
      ? oom !== undefined
      : ['not-ready', 'unhealthy', 'watchdog', 'memory', 'zombies'].includes(run.ending);
  const well = !bad && (marks.includes(code) || marks.includes(signal));
  if (well && spec.schedule !== null) return 'pending';
  if (spec.restart !== 'always' && well) return 'finished';
  return judgedFailure(history, spec, mono);
}

/** The same for a run that never began. */
export function judgedFailure(history: History, spec: WorkerSpec, mono: number): Status {
  if (spec.restart !== 'never' && mayRestart(history, spec, mono)) return 'backoff';
  return spec.schedule === null ? 'failed' : 'pending';
}

/** One automatic restart more, which must be allowed. */
export function restarted(history: History, id: string, spec: WorkerSpec, mono: number): History {
  promise(mayRestart(history, spec, mono), () => `${id} is restarted, but should have given up`);
  return {...history, row: history.row + 1, recent: [...within(history, spec, mono), mono]};
}

function mayRestart(history: History, spec: WorkerSpec, mono: number): boolean {
  const {restarts} = spec.giveUp;
  return history.row < restarts && within(history, spec, mono).length < restarts;
}

function within({recent}: History, {giveUp}: WorkerSpec, mono: number): number[] {
  return recent.filter(at => mono - at < giveUp.withinMs);
}
