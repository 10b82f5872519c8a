/** Shared by the handlers of all commands: the state, and the wait for the state that a command requests. */
import {exactDuration} from '../../base/format.ts';
import type {CallContext} from '../../control/handlers.ts';
import {ErrorCode} from '../../control/messages.ts';
import type {Outcomes} from '../../control/reports.ts';
import {RpcError} from '../../control/errors.ts';
import type {RunSignals} from '../effects/run-signals.ts';
import type {Engine} from '../turn/engine.ts';
import type {HealthChecks} from '../health/health.ts';
import type {LastEnds} from '../turn/last-ends.ts';
import type {KeeperLink} from '../keeper/link.ts';
import type {Notices} from '../monitor/notify.ts';
import type {LimitWatch} from '../monitor/limits.ts';
import type {OrphanCare} from '../monitor/orphan-policy.ts';
import type {Orphans} from '../monitor/orphans.ts';
import {outcomesOf, waitingFor, type Rule} from './outcomes.ts';
import type {Readings} from '../monitor/readings.ts';
import type {SignalFailures} from '../turn/signal-failures.ts';
import type {Sweep} from '../monitor/sweep.ts';
import type {FileWatch} from '../watching/file-watch.ts';
import type {Input} from '../../supervisor/types.ts';

/** Interval of progress messages to a waiting client. */
const PROGRESS_MS = 500;

export interface HandlerContext {
  readonly engine: Engine;
  readonly link: KeeperLink;
  readonly runSignals: RunSignals;
  readonly health: HealthChecks;
  readonly notices: Notices;
  readonly watch: FileWatch;
  readonly limits: LimitWatch;
  readonly signalFailures: SignalFailures;
  readonly readings: Readings;
  readonly lastEnds: LastEnds;
  readonly orphans: Orphans;
  readonly orphanCare: OrphanCare;
  readonly sweep: Sweep;
  readonly folder: string;
}

/**
 * Rejects changes while the fleet stops, and those that enlarge the state (by about `bytes`) while it can't be
 * recorded. Stops are never rejected. Throws RpcError.
 */
export function mayChange({engine}: HandlerContext, bytes = 0): void {
  if (engine.core.isStopping) throw new RpcError(ErrorCode.stopping, 'the fleet is being stopped');
  if (!engine.canRecord(bytes)) {
    throw new RpcError(
      ErrorCode.notRecorded,
      `the change can't be recorded (${engine.commitError ?? 'disk full'}), so nothing was done; free disk space, then retry (stop and down work)`,
    );
  }
}

export interface Wait {
  readonly inputs: readonly Input[];
  readonly ids: readonly string[];
  readonly rule: Rule;
  /** The command only sends a signal: the caller collects failures once all signals are sent. */
  readonly isSignal?: true;
  readonly timeoutMs?: number | undefined;
}

/** Feeds the inputs, then waits until the rule is settled for every id. Throws RpcError `timeout`. */
export async function askAndWait(
  {engine, lastEnds, signalFailures}: HandlerContext,
  {inputs, ids, rule, isSignal, timeoutMs}: Wait,
  context: CallContext,
): Promise<Outcomes> {
  const runs = signalFailures.runsOf(ids);
  engine.feed(...inputs);
  const said = setInterval(() => {
    context.progress(
      waitingFor(engine.core, ids, rule).map(({id, status, reason}) => ({
        id,
        status,
        reason: engine.core.blockedBy(id) ?? reason,
      })),
    );
  }, PROGRESS_MS);
  try {
    await engine.until(() => outcomesOf(engine.core, ids, rule, lastEnds) !== null, context.signal, timeoutMs);
  } finally {
    clearInterval(said);
  }
  const outcomes = outcomesOf(engine.core, ids, rule, lastEnds);
  if (outcomes) {
    const done = {ok: outcomes.every(({ok}) => ok), outcomes};
    return isSignal ? done : signalFailures.explain(done, runs);
  }
  const waiting = waitingFor(engine.core, ids, rule).map(({id, status}) => `${id} (${status})`);
  throw new RpcError(
    ErrorCode.timeout,
    `timed out after ${exactDuration(timeoutMs ?? 0)}, but continues: still waiting for ${waiting.slice(0, 5).join(', ')}${
      waiting.length > 5 ? ` and ${waiting.length - 5} more` : ''
    }`,
  );
}
