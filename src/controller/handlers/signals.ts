/** signal, nice, alarm: commands that act on running processes. */
import {RpcError} from '../../control/errors.ts';
import type {Handlers} from '../../control/handlers.ts';
import {ErrorCode, type Params, type Result, type Target} from '../../control/messages.ts';
import {signalNumber} from '../../posix/signals.ts';
import type {ProcessTable} from '../../process/table.ts';
import {monotonic} from '../turn/clock.ts';
import type {HandlerContext} from './context.ts';
import {SentSignal} from './sent-signal.ts';
import {instancesNamed, isPid} from './targets.ts';
import {processOf, refuse, running, treeOf} from './touched.ts';

/** Returns whether the process exists but could not be sent the signal. */
const isRefusal = (error: string | null): error is string => error !== null && error !== 'ESRCH' && error !== 'EINVAL';

async function signalProcess(
  host: HandlerContext,
  {target, signal, table}: {readonly target: Target; readonly signal: number; readonly table: ProcessTable},
  sent: SentSignal,
): Promise<void> {
  const {pid, startTime, id, name} = processOf(host, target, table);
  const reply = await host.link.ask({type: 'signal', pid, startTime, signal});
  if (isRefusal(reply.error)) sent.failed({pid, name, error: reply.error}, id);
  else refuse(reply, pid, `process ${pid}`);
  sent.got(reply.pids, id);
}

async function signalInstances(
  {engine, link}: HandlerContext,
  {target, signal, tree}: {readonly target: Target; readonly signal: number; readonly tree: boolean},
  sent: SentSignal,
): Promise<void> {
  for (const {id, run} of running(instancesNamed(engine.core, [target]))) {
    if (!run?.pid) continue;
    const reply = await link.ask({type: 'signal-run', token: run.token, signal, tree});
    if (isRefusal(reply.error)) sent.failed({pid: run.pid, name: 'its main process', error: reply.error}, id);
    else refuse(reply, run.pid, id);
    for (const one of reply.refused ?? []) sent.failed(one, id);
    sent.got(reply.pids, id);
  }
}

async function setNice(host: HandlerContext, {nice, targets}: Params<'nice'>): Promise<Result<'nice'>> {
  const {engine, link, readings} = host;
  const table = readings.readTable();
  const touched = targets.flatMap(target =>
    isPid(target)
      ? [processOf(host, target, table)]
      : running(instancesNamed(engine.core, [target])).flatMap(instance => treeOf(host, instance, table)),
  );
  const set: {pid: number; id: string | null; nice: number}[] = [];
  for (const {pid, startTime, id} of touched) {
    const reply = await link.ask({type: 'nice', pid, startTime, nice});
    // A process that has ended meanwhile needs no other nice value.
    if (reply.error === 'ESRCH' && touched.length > 1) continue;
    refuse(reply, pid, `process ${pid}`);
    set.push({pid, id, nice});
  }
  return {set};
}

export const signalHandlers = (host: HandlerContext): Pick<Handlers, 'signal' | 'nice' | 'alarm'> => ({
  async signal({signal: name, targets, tree = false}) {
    const signal = signalNumber(name);
    if (signal === null) {
      throw new RpcError(
        ErrorCode.invalidParams,
        `${name} is not a signal; expected a name such as TERM, HUP or USR1, or a number`,
      );
    }
    const table = host.readings.readTable();
    const sent = new SentSignal(host.engine, signal);
    for (const target of targets) {
      if (isPid(target)) await signalProcess(host, {target, signal, table}, sent);
      else await signalInstances(host, {target, signal, tree}, sent);
    }
    return sent.answer();
  },

  nice: params => setNice(host, params),

  alarm({target, seconds}) {
    const instances = running(instancesNamed(host.engine.core, [target]));
    host.engine.feed({type: 'alarm', ids: instances.map(({id}) => id), seconds});
    return {
      instances: instances.map(({id, run}) => ({
        id,
        secondsLeftBefore: run?.alarmAt == null ? 0 : Math.max(0, (run.alarmAt - monotonic()) / 1000),
      })),
    };
  },
});
