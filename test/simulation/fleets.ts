/** Random fleets, and random changes of them. */
import type {FleetSpec, GroupSpec, Health, Readiness, WorkerSpec} from '../../src/fleet/types.ts';
import type {Prng} from './prng.ts';

/** Bytes, of all of them. */
export const MEMORY_LIMIT = 1000;

const NAMES = ['db', 'cache', 'api', 'web', 'jobs', 'mail', 'feed', 'edge'];

export function workerSpec(name: string, overrides: Partial<WorkerSpec> = {}): WorkerSpec {
  return {
    name,
    argv: [`/bin/${name}`],
    cwd: '/srv',
    env: {},
    envFile: null,
    envInherit: true,
    instances: 1,
    after: [],
    requires: [],
    restart: 'always',
    success: [0],
    backoff: {firstMs: 0, initialMs: 100, factor: 2, maxMs: 30_000, jitter: 0.2, resetAfterMs: 10_000},
    giveUp: {restarts: 10, withinMs: 60_000},
    stop: {signal: 'SIGTERM', timeoutMs: 10_000},
    ready: null,
    health: null,
    watchdogMs: null,
    alarmMs: null,
    maxRuntimeMs: null,
    nice: null,
    limits: {nofile: null, core: null, memory: MEMORY_LIMIT, cpu: null},
    user: null,
    umask: null,
    schedule: null,
    watch: [],
    logs: {maxSize: 1 << 20, maxAgeMs: 86_400_000, keep: 3, compress: false},
    zombies: 'restart',
    orphans: 'keep',
    channels: [],
    hooks: {},
    ...overrides,
  };
}

export function fleetOf(workers: readonly WorkerSpec[]): FleetSpec {
  return {name: 'fleet', file: '/srv/brood.yaml', dir: '/srv', workers, groups: [], channels: []};
}

export function randomFleet(rng: Prng): FleetSpec {
  const workers: WorkerSpec[] = [];
  for (const name of NAMES.slice(0, 1 + rng.int(6))) workers.push(randomWorker(rng, name, workers));
  return {...fleetOf(workers), groups: randomGroups(rng, workers)};
}

/** None, or some of the workers in groups, and these perhaps in another one. */
export function randomGroups(rng: Prng, workers: readonly WorkerSpec[]): GroupSpec[] {
  if (rng.chance(0.4)) return [];
  const free = workers.filter(({schedule}) => schedule === null).map(({name}) => name);
  const groups: GroupSpec[] = [];
  for (const name of ['inner', 'other', 'outer']) {
    const members = rng.some(free, 0.5);
    if (members.length === 0) continue;
    for (const member of members) free.splice(free.indexOf(member), 1);
    const giveUp = rng.pick([null, {restarts: rng.pick([0, 1, 3]), withinMs: rng.pick([1000, 60_000])}]);
    groups.push({name, strategy: rng.pick(['one-for-one', 'one-for-all', 'rest-for-one']), members, giveUp});
    free.push(name);
  }
  return groups;
}

/** A worker that may depend on those before it, so that there is no cycle. */
export function randomWorker(rng: Prng, name: string, earlier: readonly WorkerSpec[]): WorkerSpec {
  const names = earlier.map(worker => worker.name);
  return workerSpec(name, {
    instances: rng.chance(0.7) ? 1 : 1 + rng.int(4),
    after: rng.some(names, 0.25),
    requires: rng.some(names, 0.25),
    restart: rng.pick(['always', 'always', 'on-failure', 'on-failure', 'never']),
    success: rng.pick([[0], [0, 'SIGTERM'], [0, 3], [0, 'SIGKILL']]),
    backoff: {
      firstMs: rng.pick([0, 0, 50, 500]),
      initialMs: rng.pick([0, 10, 100]),
      factor: rng.pick([1, 1.5, 2]),
      maxMs: rng.pick([100, 2000, 30_000]),
      jitter: rng.pick([0, 0.2, 1]),
      resetAfterMs: rng.pick([100, 10_000]),
    },
    giveUp: {restarts: rng.pick([0, 1, 2, 4, 10]), withinMs: rng.pick([1000, 60_000])},
    stop: {signal: rng.pick(['SIGTERM', 'SIGINT']), timeoutMs: rng.pick([0, 500, 10_000])},
    ready: randomReadiness(rng),
    health: randomHealth(rng),
    watchdogMs: rng.chance(0.2) ? rng.pick([50, 1000, 12_000]) : null,
    alarmMs: rng.chance(0.1) ? 700 : null,
    maxRuntimeMs: rng.chance(0.15) ? 20_000 : null,
    schedule: randomSchedule(rng),
  });
}

function randomSchedule(rng: Prng): string | null {
  return rng.chance(0.75) ? null : rng.pick(['*/1 * * * *', '*/5 * * * *', '*/60 * * * *']);
}

function randomReadiness(rng: Prng): Readiness | null {
  const timeoutMs = rng.pick([200, 5000]);
  return rng.pick<Readiness | null>([
    null,
    null,
    {kind: 'after', delayMs: 300, timeoutMs},
    {kind: 'log', text: 'up', timeoutMs},
    {kind: 'notify', timeoutMs},
    {kind: 'fd', fd: 3, timeoutMs},
    {kind: 'tcp', host: '127.0.0.1', port: 80, timeoutMs},
  ]);
}

function randomHealth(rng: Prng): Health | null {
  if (rng.chance(0.5)) return null;
  return {kind: 'tcp', host: '127.0.0.1', port: 80, everyMs: 5000, timeoutMs: 1000, failures: rng.pick([1, 3])};
}

/** A fleet file after an edit: workers come, go, move and change, in ways that need a new run and ways that don't. */
export function editedFleet(rng: Prng, fleet: FleetSpec): FleetSpec {
  const kept = fleet.workers.filter(() => rng.chance(0.9));
  const names = new Set(kept.map(({name}) => name));
  const workers = kept.map((worker): WorkerSpec => {
    const after = worker.after.filter(name => names.has(name));
    const requires = worker.requires.filter(name => names.has(name));
    const same = {...worker, after, requires};
    if (rng.chance(0.6)) return same;
    if (rng.chance(0.4)) return {...same, env: {VERSION: String(rng.int(3))}};
    if (rng.chance(0.5)) return {...same, instances: 1 + rng.int(4)};
    if (rng.chance(0.3)) return {...same, health: randomHealth(rng)};
    if (rng.chance(0.3)) return {...same, schedule: randomSchedule(rng)};
    return {...same, stop: {...worker.stop, timeoutMs: rng.pick([0, 500])}, success: [0, 5]};
  });
  const free = NAMES.filter(name => !names.has(name));
  if (workers.length < 6 && free.length > 0 && rng.chance(0.4))
    workers.push(randomWorker(rng, rng.pick(free), workers));
  return {...fleet, workers, groups: rng.chance(0.3) ? randomGroups(rng, workers) : groupsOf(fleet.groups, workers)};
}

/** What is left of groups when some workers are gone, or run by a schedule. */
function groupsOf(groups: readonly GroupSpec[], workers: readonly WorkerSpec[]): GroupSpec[] {
  const names = new Set(workers.filter(({schedule}) => schedule === null).map(({name}) => name));
  const left: GroupSpec[] = [];
  for (const group of groups) {
    const members = group.members.filter(name => names.has(name));
    if (members.length === 0) continue;
    left.push({...group, members});
    names.add(group.name);
  }
  return left;
}
