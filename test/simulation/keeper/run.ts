/** A run as the kernel and the simulated keeper record it. */
import type {RunFact} from '../../../src/link/runs.ts';
import type {Input} from '../../../src/supervisor/types.ts';

/** A report of the keeper or of a monitor about a run. */
export type Fact = Extract<Input, {readonly token: string}>;

export interface FakeRun {
  readonly token: string;
  readonly id: string;
  phase: 'spawning' | 'running' | 'exited' | 'cleared' | 'failed';
  /** The pid of the main process. */
  pid: number;
  /** The run has reported that it is ready. */
  ready: boolean;
  /** The run ignores its stop signal: only SIGKILL, at `killAt`, ends it. */
  readonly ignoresStop: boolean;
  ending: boolean;
  clearing: boolean;
  frozen: boolean;
  /** When SIGKILL is due (CLOCK_MONOTONIC, ms). */
  killAt: number;
  /** The facts reported so far; the next controller receives them again. */
  readonly reported: Fact[];
}

function find<T extends Fact['type']>(facts: readonly Fact[], type: T): Extract<Fact, {type: T}> | null {
  return facts.find((fact): fact is Extract<Fact, {type: T}> => fact.type === type) ?? null;
}

/** Returns the record of a run, as a keeper sends it to a controller that connects. */
export function recordOf({token, id, pid, ready, frozen, reported}: FakeRun): RunFact {
  const spawned = find(reported, 'spawned');
  const exit = find(reported, 'exited');
  const cleared = find(reported, 'cleared');
  return {
    token,
    id,
    pid: spawned ? pid : null,
    startTime: spawned ? String(pid) : null,
    startedAt: spawned?.at ?? null,
    adopted: false,
    paused: frozen,
    logStart: {out: 0, err: 0},
    exit: exit && {code: exit.code, signal: exit.signal, at: exit.at, ...(exit.oom && {oom: exit.oom})},
    failure: find(reported, 'spawn-failed'),
    notice: ready ? {ready} : null,
    cleared: cleared && {proof: cleared.proof, survivors: cleared.survivors},
    unenforced: {memory: null, cpu: null},
  };
}
