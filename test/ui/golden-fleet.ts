/** A fleet with the same reports on every machine, which records requests. */
import type {EventRecord} from '../../src/journal/record.ts';
import type {Method, Params, Result} from '../../src/control/messages.ts';
import type {InstanceDetail, LineageEntry, LineageReport, PsReport, WorkerReport} from '../../src/control/reports.ts';
import type {Connection, Fleet} from '../../ui/data/fleet-feed.ts';
import {BOOT, NOW, PROCESSES, ticks} from './golden-processes.ts';

const entry = (pid: number, worker: string, instance: number, main: boolean, orphan = false): LineageEntry => ({
  pid,
  startTime: String(ticks(PROCESSES.find(one => one.pid === pid) ?? {pid, ppid: 0, name: ''})),
  worker,
  instance,
  main,
  orphan,
});

const LINEAGE: LineageReport = {
  fleet: 'shop',
  source: 'cgroup',
  anchor: 4000,
  keeper: 4001,
  controller: 4002,
  instances: [],
  processes: [
    entry(4100, 'db', 1, true),
    entry(4101, 'db', 1, false),
    entry(4102, 'db', 1, false),
    entry(4200, 'web', 1, true),
    entry(4201, 'web', 2, true),
    entry(4300, 'thumbnails', 1, true),
    entry(4301, 'thumbnails', 1, false),
    entry(4302, 'thumbnails', 1, false),
    entry(4390, 'mail', 1, false, true),
  ],
};

function worker(id: string, more: Partial<WorkerReport> = {}): WorkerReport {
  const [name = '', instance = '1'] = id.split('/');
  const made = PROCESSES.find(({pid}) => pid === more.pid);
  const startedAt = made ? BOOT + ticks(made) * 10 : null;
  return {
    id,
    worker: name,
    instance: Number(instance),
    group: null,
    status: 'ready',
    flags: [],
    pid: null,
    state: made ? (made.state ?? 'S') : null,
    nice: made ? (made.nice ?? 0) : null,
    restarts: 0,
    startedAt: startedAt === null ? null : new Date(startedAt).toISOString(),
    uptimeMs: startedAt === null ? null : NOW - startedAt,
    cpuPercent: made ? (made.cpu ?? 0) : null,
    rssBytes: made ? (made.mib ?? 1.5) * 1024 ** 2 : null,
    adopted: false,
    exit: null,
    reason: null,
    statusText: null,
    nextRunAt: null,
    ...more,
  };
}

const at = (secondsAgo: number): string => new Date(NOW - secondsAgo * 1000).toISOString();

const PS: PsReport = {
  fleet: 'shop',
  file: '/srv/shop/brood.yaml',
  supervisor: {
    anchor: 4000,
    pid: 4001,
    controller: 4002,
    startedAt: at(6_400),
    version: '0.1.0',
    guarantees: {lineage: 'cgroup', anchored: true, weaker: ['the memory limit of web is held by sampling']},
  },
  storm: null,
  workers: [
    worker('db/1', {group: 'backend', pid: 4100}),
    worker('thumbnails/1', {pid: 4300, flags: ['unhealthy'], restarts: 2}),
    worker('web/1', {group: 'backend', pid: 4200}),
    worker('web/2', {
      group: 'backend',
      pid: 4201,
      flags: ['paused'],
      restarts: 1,
      exit: {code: null, signal: 'SIGSEGV', at: at(1_400), reason: 'signalled'},
    }),
    worker('mail/1', {status: 'backoff', restarts: 7, exit: {code: 3, signal: null, at: at(2), reason: 'exited'}}),
    worker('nightly-report/1', {status: 'pending', reason: 'next run at 03:00'}),
    worker('legacy-importer/1', {
      status: 'failed',
      restarts: 10,
      reason: 'gave up after 10 restarts in a row; last: exit code 1',
    }),
    worker('debug/1', {status: 'stopped'}),
  ],
};

const EVENTS: readonly EventRecord[] = [
  {seq: 1, at: at(100_000), type: 'supervisor-started', keeper: 4001, controller: 4002, anchor: 4000, version: '1.0.0'},
  {seq: 2, at: at(6_399), type: 'spawned', worker: 'db', instance: 1, pid: 4100},
  {seq: 3, at: at(6_390), type: 'ready', worker: 'db', instance: 1},
  {
    seq: 4,
    at: at(1_400),
    type: 'exited',
    worker: 'web',
    instance: 2,
    pid: 4150,
    code: null,
    signal: 'SIGSEGV',
    reason: 'signalled',
  },
  {seq: 5, at: at(1_400), type: 'backoff', worker: 'web', instance: 2, delayMs: 100, restarts: 1},
  {
    seq: 6,
    at: at(600),
    type: 'zombie-found',
    worker: 'thumbnails',
    instance: 1,
    pid: 4301,
    name: 'convert',
    ppid: 4300,
    parent: 'sh',
  },
  {
    seq: 7,
    at: at(500),
    type: 'orphan-adopted',
    worker: 'mail',
    instance: 1,
    pid: 4390,
    name: 'mailer',
    command: 'mailer --queue outgoing',
    formerParent: 4350,
    formerParentName: 'sh',
  },
  {
    seq: 8,
    at: at(90),
    type: 'gave-up',
    worker: 'legacy-importer',
    instance: 1,
    reason: 'gave up after 10 restarts in a row; last: exit code 1',
    restarts: 10,
  },
  {
    seq: 9,
    at: at(30),
    type: 'health-failed',
    worker: 'thumbnails',
    instance: 1,
    failures: 3,
    message: 'connection refused',
  },
  {seq: 10, at: at(20), type: 'paused', worker: 'web', instance: 2},
];

/** The reports of a fleet, and the requests to it. */
export class MadeFleet implements Fleet {
  readonly name = 'shop';
  readonly folder: string;
  readonly events: EventRecord[] = [...EVENTS];
  ps: PsReport | null = PS;
  lineage: LineageReport | null = LINEAGE;
  connection: Connection = 'connected';
  lostAt: number | null = null;
  readonly asked: {readonly method: Method; readonly params: unknown}[] = [];

  constructor(folder = '/nowhere') {
    this.folder = folder;
  }

  async refresh(): Promise<void> {
    // The test sets the state.
  }

  call<M extends Method>(method: M, params: Params<M>): Promise<Result<M>> {
    this.asked.push({method, params});
    const answer = this.#answer(method, params);
    return answer === undefined
      ? Promise.reject(new Error('the supervisor does not answer'))
      : Promise.resolve(answer as Result<M>);
  }

  #answer(method: Method, params: unknown): unknown {
    const targets = (params as {targets?: readonly string[]}).targets ?? [];
    if (method === 'status')
      return {instances: this.ps?.workers.filter(({id}) => targets.includes(id)).map(detailOf) ?? []};
    if (method === 'signal') return {sent: []};
    if (method === 'nice') return {set: []};
    const outcomes = targets.map(id => ({id, status: 'ready', ok: true, reason: null, proof: null, survivors: []}));
    return {ok: true, outcomes};
  }
}

const detailOf = (report: WorkerReport): InstanceDetail => ({
  ...report,
  command: ['node', 'server.js', '--port', '8080'],
  cwd: '/srv/shop/web',
  env: {PORT: '8080'},
  restart: 'always',
  after: ['db'],
  requires: [],
  run: '0f0f',
  wanted: 'up',
  restartsInARow: 0,
  groups: report.group === null ? [] : [report.group],
  retryAt: null,
  alarmAt: null,
  readyBy: null,
  phase: null,
  watchdogMs: null,
  proof: null,
  survivors: [],
  processes: [],
  logFolder: '/var/lib/brood/shop/logs/web.1',
  health: {failures: 1, limit: 3, checks: 40, last: {at: at(9), message: 'connection refused'}, recent: []},
  watch: null,
  limits: {nofile: 4096, core: null, memory: {limit: 512 * 1024 ** 2, by: 'cgroup', why: null}, cpu: null},
});
