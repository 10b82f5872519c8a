/** Builds the reports for clients from the core's state and a reading of the processes. */
import {maskSecrets} from '../../control/secrets.ts';
import {NEVER} from '../turn/calendar.ts';
import {monotonic} from '../turn/clock.ts';
import type {HealthChecks} from '../health/health.ts';
import {doubtsNow} from '../turn/last-ends.ts';
import type {LimitWatch} from '../monitor/limits.ts';
import type {Notices} from '../monitor/notify.ts';
import type {Reading, Readings} from '../monitor/readings.ts';
import type {FileWatch} from '../watching/file-watch.ts';
import type {InstanceDetail, StormReport, SupervisorReport, WorkerReport} from '../../control/reports.ts';
import type {WorkerSpec} from '../../fleet/types.ts';
import {instanceLogFolder} from '../../logs/layout.ts';
import {commandOf} from '../../process/proc-files.ts';
import type {ProcessTable} from '../../process/table.ts';
import type {Core} from '../../supervisor/index.ts';
import type {Instance} from '../../supervisor/types.ts';

const iso = (wall: number): string => new Date(wall).toISOString();

/** Returns null for a schedule that is never due. */
const isoOfTime = (wall: number): string | null => (wall === NEVER ? null : iso(wall));

/** Converts a deadline of the core to wall-clock time. */
const isoOfDeadline = (mono: number | null | undefined): string | null =>
  mono == null ? null : iso(Date.now() + mono - monotonic());

/** Sources of a report, besides the instance and a reading of the processes. */
export interface Sources {
  readonly engine: {readonly core: Core};
  readonly notices: Pick<Notices, 'of'>;
  readonly readings: Readings;
  readonly health: Pick<HealthChecks, 'reportOf'>;
  readonly watch: Pick<FileWatch, 'reportOf'>;
  readonly limits: Pick<LimitWatch, 'reportOf'>;
  readonly folder: string;
}

function report(instance: Instance, reading: Reading, {engine, notices}: Sources): WorkerReport {
  const {run, exit} = instance;
  const blocked = engine.core.blockedBy(instance.id);
  const flags: ('paused' | 'unhealthy')[] = [];
  if (run?.pausedAt != null) flags.push('paused');
  if (instance.unhealthy) flags.push('unhealthy');
  return {
    id: instance.id,
    worker: instance.worker,
    instance: instance.number,
    group: engine.core.groupsOf(instance.worker)[0] ?? null,
    status: instance.status,
    flags,
    pid: run?.pid ?? null,
    state: reading.main?.state ?? null,
    nice: reading.main?.nice ?? null,
    restarts: instance.restarts,
    startedAt: run?.startedAt == null ? null : iso(run.startedAt),
    // From the monotonic clock: setting the wall clock does not make a worker older.
    uptimeMs: run?.startedAt == null ? null : Math.max(0, Math.round(monotonic() - run.since)),
    cpuPercent: reading.cpuPercent,
    rssBytes: reading.rssBytes,
    adopted: run?.adopted ?? false,
    exit: exit && {code: exit.code, signal: exit.signal, at: iso(exit.at), reason: exit.reason},
    reason: blocked ?? instance.reason,
    statusText: notices.of(run?.token)?.status || null,
    nextRunAt: instance.nextRunAt === null ? null : isoOfTime(instance.nextRunAt),
  };
}

/** Returns reports of all instances, in the order of the fleet. */
export function workerReports(sources: Sources): WorkerReport[] {
  const {engine, readings} = sources;
  const table = readings.readTable();
  return [...engine.core.instances()].map(instance => report(instance, readings.of(instance, table), sources));
}

/** Returns null if no restart is held back. */
export function stormReport(core: Core): StormReport | null {
  const {storm} = core;
  if (storm === null) return null;
  const now = monotonic();
  const waits = ({backoff}: Instance): boolean => backoff?.held === true && backoff.until > now;
  return {since: iso(storm.since), held: storm.held, waiting: [...core.instances()].filter(waits).length};
}

function doubtsOf(instance: Instance): Pick<InstanceDetail, 'doubts'> {
  const doubts = doubtsNow(instance.doubts);
  return doubts.length > 0 ? {doubts} : {};
}

/** Most characters of a command line in a report: a worker may have thousands of processes, each with 128 KiB. */
const MOST_COMMAND = 4_096;

/** Returns everything known about one instance. */
export function instanceDetail(
  instance: Instance,
  spec: WorkerSpec,
  sources: Sources,
  table: ProcessTable,
): InstanceDetail {
  const {core} = sources.engine;
  const reading = sources.readings.of(instance, table);
  const {run} = instance;
  const said = sources.notices.of(run?.token);
  return {
    ...report(instance, reading, sources),
    command: spec.argv,
    cwd: spec.cwd,
    env: maskSecrets(spec.env),
    restart: spec.restart,
    after: spec.after,
    requires: spec.requires,
    run: run?.token ?? null,
    wanted: instance.wanted,
    restartsInARow: instance.row,
    groups: core.groupsOf(instance.worker),
    retryAt: isoOfDeadline(instance.backoff?.until),
    alarmAt: isoOfDeadline(run?.alarmAt),
    readyBy: isoOfDeadline(run?.readyBy),
    phase: said?.phase ?? null,
    watchdogMs: said?.watchdogMs ?? spec.watchdogMs,
    proof: instance.proof,
    survivors: instance.survivors,
    ...doubtsOf(instance),
    processes: reading.tree.map(({pid, ppid, state, comm}) => ({
      pid,
      ppid,
      state,
      name: comm,
      command: commandOf(pid).slice(0, MOST_COMMAND),
    })),
    logFolder: instanceLogFolder(sources.folder, instance.id),
    health: sources.health.reportOf(instance),
    watch: sources.watch.reportOf(spec),
    limits: sources.limits.reportOf(instance, spec),
  };
}

export type {SupervisorReport};
