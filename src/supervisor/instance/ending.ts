/** The end of a run: its end is ordered, its main process exits, and its leftover processes are cleared. */
import {judge} from './outcome.ts';
import type {Handler, Step} from './events.ts';
import {describeExit, endedWell, exitReason, maxRuntimeWords} from './exit.ts';
import {line, ofInstance, ofRun} from './journal.ts';
import {historyAfter} from './restart.ts';
import {unprobe, withRun} from './run.ts';
import type {WorkerSpec} from '../../fleet/types.ts';
import type {Effect, EndReason, Exit, Instance, Run} from '../types.ts';

/**
 * The longest time (ms) after a crash before leftover processes get SIGKILL, since the next run waits for their end.
 */
const CRASH_GRACE_MS = 1000;

/** Orders the end of a run and clears its deadlines: the keeper handles the rest. */
export function endRun(
  instance: Instance,
  run: Run,
  {why, reason, timeoutMs}: {readonly why: EndReason; readonly reason: string | null; readonly timeoutMs?: number},
  spec: WorkerSpec,
): Step {
  const ended: Run = {...run, ending: why, readyBy: null, readyAt: null, alarmAt: null, endAt: null, probed: false};
  return [{...instance, status: 'stopping', reason, run: ended}, [...unprobe(run), endEffect(ended, spec, timeoutMs)]];
}

/** Returns the order to end a run. A repeated order, after the loss of a controller, changes nothing. */
export function endEffect({token, ending}: Run, {stop}: WorkerSpec, timeoutMs = stop.timeoutMs): Effect {
  // SIGABRT makes the process dump core, which shows where it hung.
  const signal = ending === 'watchdog' ? 'SIGABRT' : stop.signal;
  return {type: 'end', token, signal, timeoutMs};
}

export function clearEffect(token: string, {stop}: WorkerSpec): Effect {
  return {type: 'clear', token, graceMs: Math.min(CRASH_GRACE_MS, stop.timeoutMs)};
}

export const end = withRun<'end'>((instance, run, {reason, now}, {spec}) =>
  endRun(instance, run, {why: 'stop', reason, ...(now ? {timeoutMs: 0} : {})}, spec),
);

/** The instance is being stopped already: only `now` changes anything. */
export const stoppingEnd: Handler<'end'> = (instance, {now}, {spec}) => {
  if (!now) return [instance, []];
  if (instance.run !== null) return [instance, [endEffect(instance.run, spec, 0)]];
  return [instance, instance.clearing === null ? [] : [{type: 'clear', token: instance.clearing, graceMs: 0}]];
};

export const runtimeDue = withRun<'runtime-due'>((instance, run, _event, {spec}) =>
  endRun(instance, run, {why: 'max-runtime', reason: maxRuntimeWords(spec)}, spec),
);

export const exited = withRun<'exited'>((instance, run, event, context) => {
  const {spec, now} = context;
  const {code, signal, at, oom} = event;
  const exit: Exit = {code, signal, at, reason: exitReason(code, signal, run.ending, oom)};
  const over: Instance = {
    ...instance,
    ...historyAfter(run, instance, spec, now.mono),
    run: null,
    clearing: run.token,
    unhealthy: false,
    exit,
  };
  const effects: Effect[] = [
    line({type: 'exited', ...ofRun(instance), code, signal, reason: exit.reason}),
    ...unprobe(run),
  ];
  // The previous reason explains the end only if brood ended the run.
  const why = run.ending === null ? null : instance.reason;
  // After an `end` order, the keeper's stop ladder continues to `cleared` by itself.
  if (run.ending === null) effects.push(clearEffect(run.token, spec));
  if (over.wanted === 'down') return [{...over, status: 'stopping'}, effects];
  if (run.ending === 'gave-up') return [{...over, status: 'failed'}, effects];
  if (run.ending === 'group') return [{...over, status: 'stopping', restarts: over.restarts + 1}, effects];
  if (wasMeant(run.ending)) return [{...over, status: 'stopping'}, effects];
  const [next, more] = judge(
    over,
    {well: endedWell(exit, spec.success), words: describeExit(exit, spec, why)},
    context,
  );
  return [next, [...effects, ...more]];
});

/** Returns whether an end was requested, so that no policy applies. */
function wasMeant(ending: EndReason | null): boolean {
  return ending === 'stop' || ending === 'restart' || ending === 'changed' || ending === 'watch';
}

const OPEN: ReadonlySet<EndReason | null> = new Set([
  'not-ready',
  'unhealthy',
  'watchdog',
  'max-runtime',
  'memory',
  'zombies',
  'gave-up',
]);

/** Returns whether a policy, the instance's own or its group's, still has to decide about an ordered end. */
export function isOpen(ending: EndReason | null): boolean {
  return OPEN.has(ending);
}

/** Nothing of the last run is left, except for known survivors: the next run may start. */
export const cleared: Handler<'cleared'> = (instance, {token, proof, survivors, doubts}) => {
  if (instance.clearing !== token) return [instance, []];
  const effects: Effect[] = [{type: 'forget', token}];
  if (survivors.length > 0) effects.unshift(line({type: 'survivor', ...ofInstance(instance), survivors, proof}));
  if (doubts !== undefined && doubts.length > 0)
    effects.unshift(line({type: 'not-proved', ...ofInstance(instance), proof, doubts: doubts.map(({words}) => words)}));
  return [{...instance, clearing: null, proof, survivors, doubts}, effects];
};

/** With the run gone, the instance is stopped, or pending if it is wanted up. */
export const stoppingCleared: Handler<'cleared'> = (instance, event, context) => {
  const [next, effects] = cleared(instance, event, context);
  if (next.clearing !== null || next.run !== null) return [next, effects];
  const up = next.wanted === 'up';
  return [{...next, status: up ? 'pending' : 'stopped', reason: up ? next.reason : null}, effects];
};
