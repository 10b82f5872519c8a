/** The start of a run: its spawn is requested, then done or failed. */
import type {Handler, Step} from './events.ts';
import {judge} from './outcome.ts';
import {newRun} from './instance.ts';
import {line, ofInstance, ofRun} from './journal.ts';
import {becomeReady} from './readiness.ts';
import {afterShortage} from './restart.ts';
import {isAsked, readyDelay, saysReady} from '../../fleet/readiness.ts';
import {unprobe, withRun} from './run.ts';
import type {Effect, Exit, Instance, Run} from '../types.ts';

export const spawn: Handler<'spawn'> = (instance, _event, {newToken, now, spec}) => {
  if (instance.wanted === 'down' || instance.clearing !== null) return [instance, []];
  const run = newRun(newToken(), now.mono);
  return [
    {
      ...instance,
      status: 'starting',
      run,
      backoff: null,
      released: spec.schedule !== null,
      unhealthy: false,
      reason: null,
    },
    [{type: 'spawn', token: run.token, id: instance.id}],
  ];
};

/** Records why an instance may not start yet. */
export const wait: Handler<'wait'> = (instance, {reason}, {spec}) => {
  if (instance.status === 'pending' && instance.reason === reason) return [instance, []];
  // After a backoff, the scheduled run is under way: it does not wait for the next time.
  const released = instance.status === 'backoff' ? spec.schedule !== null : instance.released;
  return [{...instance, status: 'pending', backoff: null, released, reason}, []];
};

/** Takes over a live run, whatever the state was. The keeper's other facts about it follow. */
export const found: Handler<'found'> = (instance, {token, missed}, {now, spec}) => [
  {
    ...instance,
    status: 'starting',
    unhealthy: false,
    run: newRun(token, now.mono),
    clearing: null,
    released: spec.schedule !== null,
    restarts: instance.restarts + missed,
    row: instance.row + missed,
    recent: [...instance.recent, ...Array.from({length: missed}, () => now.mono)],
    backoff: null,
    reason: null,
  },
  instance.run === null ? [] : unprobe(instance.run),
];

/** Deadlines count from the start of the run: the keeper's time for the spawn is not the worker's. */
export const startingSpawned = withRun<'spawned'>((instance, run, event, context) => {
  if (run.pid !== null) return adopt(instance, run, event.adopted);
  const {spec, now} = context;
  const since = now.mono - (event.ageMs ?? 0);
  const after = (ms: number | null, from = since): number | null => (ms === null ? null : from + ms);
  // An adopted run must show its readiness again, and is probed only from now on.
  const asked = event.adopted === true ? now.mono : since;
  const born: Run = {
    ...run,
    pid: event.pid,
    startTime: event.startTime,
    startedAt: event.at,
    since,
    readyAt: after(readyDelay(spec)),
    readyBy:
      spec.ready !== null && (isAsked(spec.ready) || saysReady(spec)) ? after(spec.ready.timeoutMs, asked) : null,
    probed: isAsked(spec.ready),
    alarmAt: run.alarmAt ?? after(spec.alarmMs),
    endAt: after(spec.maxRuntimeMs),
    pausedAt: run.pausedAt === null ? null : now.mono,
  };
  const [alive, effects] = introduce(instance, born, event.adopted);
  if (born.pausedAt !== null) effects.push({type: 'freeze', token: run.token});
  if (isAsked(spec.ready)) effects.push({type: 'probe', token: run.token, id: instance.id});
  if (spec.ready !== null) return [alive, effects];
  const [ready, more] = becomeReady(alive);
  return [ready, [...effects, ...more]];
});

/** The run is being ended already: only its process identity is new. */
export const stoppingSpawned = withRun<'spawned'>((instance, run, event) => {
  if (run.pid !== null) return adopt(instance, run, event.adopted);
  return introduce(instance, {...run, pid: event.pid, startTime: event.startTime, startedAt: event.at}, event.adopted);
});

/** A repeated report: only an adoption is new. */
export const readySpawned = withRun<'spawned'>((instance, run, event) => adopt(instance, run, event.adopted));

/** A failed spawn counts as a failure of the run, unless resources are exhausted. */
export const startingSpawnFailed = withRun<'spawn-failed'>((instance, run, event, context) => {
  if (run.pid !== null) return [instance, []];
  const [gone, effects] = neverBorn(instance, run, event);
  if (gone.wanted === 'down') return [{...gone, status: 'stopped', reason: null}, effects];
  if (!event.shortage) {
    const [next, more] = judge(gone, {well: false, words: event.message}, context);
    return [next, [...effects, ...more]];
  }
  const {history, until} = afterShortage(context.spec, gone, context.now.mono, context.random);
  effects.push(line({type: 'backoff', ...ofInstance(gone), delayMs: history.delayMs, restarts: gone.restarts}));
  return [
    {
      ...gone,
      ...history,
      status: 'backoff',
      backoff: {until, delayMs: history.delayMs, held: false},
      reason: event.message,
    },
    effects,
  ];
});

/** The run to be ended was never spawned. */
export const stoppingSpawnFailed = withRun<'spawn-failed'>((instance, run, event) => {
  if (run.pid !== null) return [instance, []];
  const [gone, effects] = neverBorn(instance, run, event);
  return [{...gone, status: gone.wanted === 'up' ? 'pending' : 'stopped', reason: null}, effects];
});

function introduce(instance: Instance, run: Run, adopted: boolean | undefined): [Instance, Effect[]] {
  const alive = {...instance, run: {...run, adopted: adopted === true}};
  const effects = [line({type: 'spawned', ...ofRun(alive), run: run.token})];
  if (adopted === true) effects.push(line({type: 'adopted', ...ofRun(alive), run: run.token}));
  return [alive, effects];
}

function adopt(instance: Instance, run: Run, adopted: boolean | undefined): Step {
  if (adopted !== true || run.adopted) return [instance, []];
  return [{...instance, run: {...run, adopted: true}}, [line({type: 'adopted', ...ofRun(instance), run: run.token})]];
}

function neverBorn(
  instance: Instance,
  run: Run,
  {code, message, at}: {readonly code: string; readonly message: string; readonly at: number},
): [Instance, Effect[]] {
  const exit: Exit = {code: null, signal: null, at, reason: 'spawn-failed'};
  return [
    {...instance, run: null, clearing: null, exit},
    [line({type: 'spawn-failed', ...ofInstance(instance), code, message}), {type: 'forget', token: run.token}],
  ];
}
