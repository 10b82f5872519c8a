/** How a run ends: it is asked to, its main process exits, and what it left behind is cleared. */
import {judge} from './outcome.ts';
import type {Handler, Step} from './events.ts';
import {describeExit, endedWell, exitReason, maxRuntimeWords} from './exit.ts';
import {line, ofInstance, ofRun} from './journal.ts';
import {historyAfter} from './restart.ts';
import {unprobe, withRun} from './run.ts';
import type {WorkerSpec} from '../../fleet/types.ts';
import type {Effect, EndReason, Exit, Instance, Run} from '../types.ts';

/** After a crash, what is left behind gets this long at most (ms) before SIGKILL: the successor waits for it. */
const CRASH_GRACE_MS = 1000;

/** Asks for the end of a run. Its deadlines are over: what remains to happen is up to the keeper. */
export function endRun(
  instance: Instance,
  run: Run,
  {why, reason, timeoutMs}: {readonly why: EndReason; readonly reason: string | null; readonly timeoutMs?: number},
  spec: WorkerSpec,
): Step {
  const ended: Run = {...run, ending: why, readyBy: null, readyAt: null, alarmAt: null, endAt: null, probed: false};
  return [{...instance, status: 'stopping', reason, run: ended}, [...unprobe(run), endEffect(ended, spec, timeoutMs)]];
}

/** The order to the keeper; given again after a controller was lost, it changes nothing. */
export function endEffect({token, ending}: Run, {stop}: WorkerSpec, timeoutMs = stop.timeoutMs): Effect {
  // So that it leaves a core, which tells where it hung.
  const signal = ending === 'watchdog' ? 'SIGABRT' : stop.signal;
  return {type: 'end', token, signal, timeoutMs};
}

export function clearEffect(token: string, {stop}: WorkerSpec): Effect {
  return {type: 'clear', token, graceMs: Math.min(CRASH_GRACE_MS, stop.timeoutMs)};
}

export const end = withRun<'end'>((instance, run, {reason, now}, {spec}) =>
  endRun(instance, run, {why: 'stop', reason, ...(now ? {timeoutMs: 0} : {})}, spec),
);

/** It is being ended; only `now` has something to add. */
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
  // What was said of it before tells why it was ended only where brood has ended it.
  const why = run.ending === null ? null : instance.reason;
  // Where an end was asked for, the keeper's ladder goes on to `cleared` by itself.
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

/** Whether somebody wanted this end, so that no policy has to judge it. */
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

/** Whether a policy, its own or its group's, has yet to make something of the end that was asked for. */
export function isOpen(ending: EndReason | null): boolean {
  return OPEN.has(ending);
}

/** Nothing of its last run is left (or the survivors are known): the next may begin. */
export const cleared: Handler<'cleared'> = (instance, {token, proof, survivors, doubts}) => {
  if (instance.clearing !== token) return [instance, []];
  const effects: Effect[] = [{type: 'forget', token}];
  if (survivors.length > 0) effects.unshift(line({type: 'survivor', ...ofInstance(instance), survivors, proof}));
  if (doubts !== undefined && doubts.length > 0)
    effects.unshift(line({type: 'not-proved', ...ofInstance(instance), proof, doubts: doubts.map(({words}) => words)}));
  return [{...instance, clearing: null, proof, survivors, doubts}, effects];
};

/** With it gone, what was being ended is down, or up again when its turn comes. */
export const stoppingCleared: Handler<'cleared'> = (instance, event, context) => {
  const [next, effects] = cleared(instance, event, context);
  if (next.clearing !== null || next.run !== null) return [next, effects];
  const up = next.wanted === 'up';
  return [{...next, status: up ? 'pending' : 'stopped', reason: up ? next.reason : null}, effects];
};
