/** signal, nice, alarm: commands that touch processes as they run. */
import type {Desk} from './desk.ts';
import {monotonic} from '../clock.ts';
import {namesOf} from '../names.ts';
import type {Handlers} from '../../control/handlers.ts';
import {ErrorCode, type Target} from '../../control/messages.ts';
import {RpcError} from '../../control/errors.ts';
import {instancesNamed, isPid} from '../targets.ts';
import type {Reply} from '../../keeper/messages.ts';
import {signalName, signalNumber} from '../../posix/signals.ts';
import {whyRefused} from '../../process/refusal.ts';
import {hasEnded} from '../../process/stat.ts';
import type {ProcessTable} from '../../process/table.ts';
import type {Instance} from '../../supervisor/types.ts';

interface Touched {
  readonly pid: number;
  readonly startTime: string;
  readonly id: string | null;
}

function refuse(reply: Reply, pid: number, what: string): void {
  if (!reply.ok)
    throw new RpcError(ErrorCode.failed, `${what}: ${reply.error === null ? 'failed' : whyRefused(pid, reply.error)}`);
}

/** Processes by pid: only those of this fleet, so that a typo reaches no stranger. */
function ofPid({engine, readings}: Desk, target: Target, table: ProcessTable): Touched {
  const pid = Number(target);
  for (const instance of engine.heart.instances()) {
    const stat = readings.of(instance, table).tree.find(member => member.pid === pid);
    if (stat) return {pid, startTime: stat.startTime, id: instance.id};
  }
  throw new RpcError(
    ErrorCode.unknownTarget,
    `process ${pid} is none of this fleet's; see \`brood ps\` and \`brood status\``,
  );
}

function running(instances: readonly Instance[]): Instance[] {
  const found = instances.filter(({run}) => run?.pid != null);
  if (found.length > 0) return found;
  const [first] = instances;
  throw new RpcError(ErrorCode.failed, `${first?.id ?? 'it'} is not running (${first?.status ?? 'unknown'})`);
}

export const touchHandlers = (desk: Desk): Handlers => {
  const {engine, link, readings} = desk;

  const treeOf = (instance: Instance, table: ProcessTable): Touched[] =>
    readings
      .of(instance, table)
      .tree.filter(stat => !hasEnded(stat))
      .map(({pid, startTime}) => ({pid, startTime, id: instance.id}));

  const noteFailed = ({error}: Reply, pid: number, id: string | null, signal: number): void => {
    if (error === null || error === 'ESRCH' || error === 'EINVAL') return;
    const names = namesOf(engine.heart, id);
    const message = whyRefused(pid, error);
    engine.note({type: 'signal-failed', ...names, pid, signal: signalName(signal), error, message});
  };

  return {
    async signal({signal, targets, tree}) {
      const number = signalNumber(signal);
      if (number === null) {
        throw new RpcError(ErrorCode.invalidParams, `${signal} is no signal; e.g. TERM, HUP, USR1, or a number`);
      }
      const table = readings.read();
      const sent: {pid: number; id: string | null}[] = [];
      for (const target of targets) {
        if (isPid(target)) {
          const {pid, startTime, id} = ofPid(desk, target, table);
          const reply = await link.ask({type: 'signal', pid, startTime, signal: number});
          noteFailed(reply, pid, id, number);
          refuse(reply, pid, `process ${pid}`);
          sent.push({pid, id});
          continue;
        }
        for (const {id, run} of running(instancesNamed(engine.heart, [target]))) {
          if (!run) continue;
          const reply = await link.ask({type: 'signal-run', token: run.token, signal: number, tree: tree ?? false});
          noteFailed(reply, run.pid ?? 0, id, number);
          refuse(reply, run.pid ?? 0, id);
          sent.push(...reply.pids.map(pid => ({pid, id})));
        }
      }
      for (const {pid, id} of sent) {
        engine.note({type: 'signalled', ...namesOf(engine.heart, id), pid, signal: signalName(number)});
      }
      return {sent};
    },

    async nice({nice, targets}) {
      const table = readings.read();
      const touched = targets.flatMap(target =>
        isPid(target)
          ? [ofPid(desk, target, table)]
          : running(instancesNamed(engine.heart, [target])).flatMap(instance => treeOf(instance, table)),
      );
      const set: {pid: number; id: string | null; nice: number}[] = [];
      for (const {pid, startTime, id} of touched) {
        const reply = await link.ask({type: 'nice', pid, startTime, nice});
        // One that ended meanwhile needs no other nice value.
        if (reply.error === 'ESRCH' && touched.length > 1) continue;
        refuse(reply, pid, `process ${pid}`);
        set.push({pid, id, nice});
      }
      return {set};
    },

    alarm({target, seconds}) {
      const instances = running(instancesNamed(engine.heart, [target]));
      const ids = instances.map(({id}) => id);
      engine.feed({type: 'alarm', ids, seconds});
      return {
        instances: instances.map(({id, run}) => ({
          id,
          secondsLeftBefore: run?.alarmAt == null ? 0 : Math.max(0, (run.alarmAt - monotonic()) / 1000),
        })),
      };
    },
  };
};
