/** Services for workers: starts, probes and signals runs, calls hooks, watches health and files. */
import {dirname} from 'node:path';
import type {EventRecord} from '../../journal/record.ts';
import type {Effect} from '../../supervisor/types.ts';
import {apply, createEffects} from '../effects/effects.ts';
import {OrderBatch} from '../effects/order-batch.ts';
import {ReadinessProbes} from '../effects/readiness-probes.ts';
import {RunSignals} from '../effects/run-signals.ts';
import {RunStarts} from '../effects/run-starts.ts';
import {createHealthCheck} from '../health/check.ts';
import {HealthChecks} from '../health/health.ts';
import {Hooks} from '../hooks/hooks.ts';
import {DeclaredChannels} from '../spawn/declared-channels.ts';
import type {LimitWatch} from '../monitor/limits.ts';
import {Notices} from '../monitor/notify.ts';
import {createHelpers} from '../spawn/helper.ts';
import {now} from '../turn/clock.ts';
import type {NotedRun} from '../turn/run-inputs.ts';
import {FileWatch} from '../watching/file-watch.ts';
import {RootWatch} from '../watching/root-watch.ts';
import type {Decisions} from './decisions.ts';

export interface WorkerServices {
  readonly probes: ReadinessProbes;
  readonly runSignals: RunSignals;
  readonly notices: Notices;
  readonly health: HealthChecks;
  readonly hooks: Hooks;
  readonly watch: FileWatch;
  /** Called for each journal record. */
  readonly heard: (record: EventRecord) => void;
  readonly carryOut: (decided: readonly Effect[]) => void;
  /** Called for each run that the keeper reports: it has just begun, or an earlier controller started it. */
  readonly noteRun: (run: NotedRun) => void;
  /** Ends all services except hooks, which end separately. */
  readonly end: () => void;
}

export function createWorkerServices(
  {folder, launch, core, engine, link, welcome, signalFailures}: Decisions,
  limits: LimitWatch,
): WorkerServices {
  const fleetContext = {fleet: launch.name, fleetId: launch.id, folder};
  const run = createHelpers({
    begun: () => link.order({type: 'helper-started'}),
    env: process.env,
    context: () => fleetContext,
    dir: () => core.fleet().dir,
  });
  const starts = new RunStarts({
    engine,
    link,
    context: () => ({
      ...fleetContext,
      baseNice: welcome.nice,
      outerPath: process.env['PATH'],
      channels: core.fleet().channels,
    }),
  });
  const probes = new ReadinessProbes({folder, engine, link, run});
  const runSignals = new RunSignals(link, signalFailures);
  const notices = new Notices(engine, link);
  const feed: typeof engine.feed = (...inputs) => engine.feed(...inputs);
  const note: typeof engine.note = event => engine.note(event);
  const health = new HealthChecks({core, check: createHealthCheck(core, run), feed, now, random: Math.random});
  const hooks = new Hooks({workers: () => core.workers(), run, note});
  const watch = new FileWatch({core, home: dirname(folder), feed, note, watchRoot: options => new RootWatch(options)});
  const effects = createEffects({starts, probes, signals: runSignals, notices, limits});
  const channels = new DeclaredChannels(link);
  return {
    probes,
    runSignals,
    notices,
    health,
    hooks,
    watch,
    heard(record) {
      health.heard(record);
      hooks.heard(record);
      watch.heard(record);
    },
    carryOut(decided) {
      const batch = new OrderBatch();
      for (const effect of decided) apply(effects, effect.type, effect, batch);
      batch.sendTo(link);
      channels.declare(core.fleet().channels);
    },
    noteRun({token, logStart, notice, unenforced}) {
      probes.noteLogStart(token, logStart);
      if (notice !== undefined) notices.begin(token, notice);
      limits.begin(token, unenforced);
    },
    end() {
      notices.end();
      health.end();
      watch.end();
    },
  };
}
