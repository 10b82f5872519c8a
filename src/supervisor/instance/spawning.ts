/** How a run begins: it is asked for, then it is spawned, or it could not be. */
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

/** It may not start yet. A reason that is known already changes nothing. */
export const wait: Handler<'wait'> = (instance, {reason}, {spec}) => {
  if (instance.status === 'pending' && instance.reason === reason) return [instance, []];
  // One that comes from its backoff has begun: it does not wait for its next time.
  const released = instance.status === 'backoff' ? spec.schedule !== null : instance.released;
  return [{...instance, status: 'pending', backoff: null, released, reason}, []];
};

/** It lives already, whatever was believed; the keeper says the rest of it next. */
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

/** Its deadlines count from its start: what the keeper needed to spawn it is not the worker's time. */
export const startingSpawned = withRun<'spawned'>((instance, run, event, context) => {
  if (run.pid !== null) return adopt(instance, run, event.adopted);
  const {spec, now} = context;
  const since = now.mono - (event.ageMs ?? 0);
  const after = (ms: number | null, from = since): number | null => (ms === null ? null : from + ms);
  // One that was found must show again that it is ready, and has not been asked until now.
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

/** It is being ended already: all that is new is which process it is. */
export const stoppingSpawned = withRun<'spawned'>((instance, run, event) => {
  if (run.pid !== null) return adopt(instance, run, event.adopted);
  return introduce(instance, {...run, pid: event.pid, startTime: event.startTime, startedAt: event.at}, event.adopted);
});

/** The keeper says again what is known; news is only that a keeper found it that is not its parent. */
export const readySpawned = withRun<'spawned'>((instance, run, event) => adopt(instance, run, event.adopted));

/** There is no process: a failure like any other, unless the machine lacks something. */
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

/** What was to be ended never began. */
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
