/** The facts of a story: reports of the keeper, results of probes and health checks, and facts of unknown runs. */
import type {Input} from '../../../src/supervisor/index.ts';
import {feed} from './feed.ts';
import type {World} from './world.ts';

/** Sends the keeper's next fact to the controller. Returns false if there is none. */
export function deliverFact(world: World): boolean {
  const fact = world.keeper.outbox.take();
  if (fact === undefined) return false;
  feed(world, fact);
  return true;
}

/** Lets the process of a random run start, crash, exit or end. */
export function progressRun({keeper, rng, clock}: World): void {
  const runs = [...keeper.runs.values()];
  if (runs.length > 0) keeper.processes.progress(rng.pick(runs), clock.mono);
}

/** Lets a readiness probe succeed. Returns false if none is active. */
export function answerProbe(world: World): boolean {
  const probing = [...world.keeper.probing];
  if (probing.length === 0) return false;
  feed(world, {type: 'probe-ready', token: world.rng.pick(probing)});
  return true;
}

/** Reports that the health checks of a run fail, also of one that is not ready (any more): the report may be late. */
export function failHealthCheck(world: World): void {
  const {core, rng} = world;
  const checked = [...core.instances()].filter(({worker, run}) => run !== null && core.specOf(worker).health !== null);
  const ready = checked.filter(({status}) => status === 'ready');
  const candidates = ready.length > 0 && rng.chance(0.8) ? ready : checked;
  if (candidates.length === 0) return;
  const {run} = rng.pick(candidates);
  if (run === null) return;
  const badForMs = rng.pick([0, 500, 15_000, 60_000]);
  feed(world, {type: 'health-failed', token: run.token, message: 'timed out', failures: 3, badForMs});
}

/** Lets a random run send a notification, miss its watchdog, exceed its memory limit or leave a zombie. */
export function sendNotification(world: World): void {
  const {keeper, rng} = world;
  const runs = [...keeper.runs.values()];
  if (runs.length === 0) return;
  const run = rng.pick(runs);
  const fact = keeper.processes.notify(run, keeper.watched.has(run.token));
  if (fact !== null) feed(world, fact);
}

/** Reports all running workers as ready. Returns whether the controller has facts to read. */
export function reportAllReady({keeper}: World): boolean {
  for (const run of keeper.runs.values()) keeper.processes.reportReady(run);
  return !keeper.outbox.isEmpty;
}

/** Stops or continues a random process. */
export function freezeOrContinue({keeper, rng}: World): void {
  keeper.processes.freeze(rng.pick([...keeper.runs.values()]), rng.chance(0.5));
}

/** Sends a fact about a run that has never existed. */
export function sendStrayFact(world: World): void {
  const {rng} = world;
  const token = `stray-${rng.int(1000)}`;
  const fact = rng.pick<Input>([
    {type: 'exited', token, code: 0, signal: null, at: 0},
    {type: 'cleared', token, proof: 'lineage', survivors: []},
    {type: 'spawned', token, pid: 1, startTime: '1', at: 0},
    {type: 'probe-ready', token},
    {type: 'health-failed', token, message: 'timed out', failures: 1, badForMs: 0},
    {type: 'said-ready', token},
    {type: 'main-process', token, pid: 1, startTime: '1'},
    {type: 'watchdog-missed', token, asked: true},
    {type: 'paused', token},
  ]);
  feed(world, fact);
}
