/** signal, nice, alarm: commands that touch processes as they run. */
import type {HandlerContext} from './context.ts';
import {monotonic} from '../turn/clock.ts';
import {namesOf} from '../turn/instance-names.ts';
import type {Handlers} from '../../control/handlers.ts';
import {ErrorCode, type Target} from '../../control/messages.ts';
import {RpcError} from '../../control/errors.ts';
import {instancesNamed, isPid} from './targets.ts';
import type {Refused, Reply} from '../../link/orders.ts';
import {signalName, signalNumber} from '../../posix/signals.ts';
import {whyRefused} from '../../process/refusal.ts';
import {hasEnded} from '../../process/stat.ts';
import type {ProcessTable} from '../../process/table.ts';
import type {Instance} from '../../supervisor/types.ts';

interface Touched {
  readonly pid: number;
  /** Untrusted. */
  readonly name: string;
  readonly startTime: string;
  readonly id: string | null;
}

function refuse(reply: Reply, pid: number, what: string): void {
  if (!reply.ok)
    throw new RpcError(ErrorCode.failed, `${what}: ${reply.error === null ? 'failed' : whyRefused(pid, reply.error)}`);
}

/** Whether the process is there, and is kept from getting what was meant for it. */
const isRefusal = (error: string | null): error is string => error !== null && error !== 'ESRCH' && error !== 'EINVAL';

/** Processes that an error names. */
const MOST_NAMED = 5;

function namedIn(refused: readonly {pid: number; id: string | null; message: string}[]): string {
  const named = refused
    .slice(0, MOST_NAMED)
    .map(({pid, id, message}) => `${id ?? ''} process ${pid}, ${message}`.trim());
  const more = refused.length - named.length;
  return more > 0 ? `${named.join('; ')} and ${more} more` : named.join('; ');
}

/** Processes by pid: only those of this fleet, so that a typo reaches no stranger. */
function ofPid({engine, readings}: HandlerContext, target: Target, table: ProcessTable): Touched {
  const pid = Number(target);
  for (const instance of engine.heart.instances()) {
    const stat = readings.of(instance, table).tree.find(member => member.pid === pid);
    if (stat) return {pid, name: stat.comm, startTime: stat.startTime, id: instance.id};
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

export const signalHandlers = (host: HandlerContext): Handlers => {
  const {engine, link, readings} = host;

  const treeOf = (instance: Instance, table: ProcessTable): Touched[] =>
    readings
      .of(instance, table)
      .tree.filter(stat => !hasEnded(stat))
      .map(({pid, comm, startTime}) => ({pid, name: comm, startTime, id: instance.id}));

  return {
    async signal({signal, targets, tree}) {
      const number = signalNumber(signal);
      if (number === null) {
        throw new RpcError(ErrorCode.invalidParams, `${signal} is no signal; e.g. TERM, HUP, USR1, or a number`);
      }
      const table = readings.read();
      const sent: {pid: number; id: string | null}[] = [];
      const refused: (Refused & {readonly id: string | null})[] = [];
      const took = (pids: readonly number[], id: string | null): void => {
        for (const pid of pids) {
          sent.push({pid, id});
          engine.note({type: 'signalled', ...namesOf(engine.heart, id), pid, signal: signalName(number)});
        }
      };
      const failed = (one: Refused, id: string | null): void => {
        refused.push({...one, id});
        const {pid, error} = one;
        const message = whyRefused(pid, error);
        engine.note({
          type: 'signal-failed',
          ...namesOf(engine.heart, id),
          pid,
          signal: signalName(number),
          error,
          message,
        });
      };
      for (const target of targets) {
        if (isPid(target)) {
          const {pid, startTime, id, name} = ofPid(host, target, table);
          const reply = await link.ask({type: 'signal', pid, startTime, signal: number});
          if (isRefusal(reply.error)) failed({pid, name, error: reply.error}, id);
          else refuse(reply, pid, `process ${pid}`);
          took(reply.pids, id);
          continue;
        }
        for (const {id, run} of running(instancesNamed(engine.heart, [target]))) {
          if (!run?.pid) continue;
          const reply = await link.ask({type: 'signal-run', token: run.token, signal: number, tree: tree ?? false});
          if (isRefusal(reply.error)) failed({pid: run.pid, name: 'its main process', error: reply.error}, id);
          else refuse(reply, run.pid, id);
          for (const one of reply.refused ?? []) failed(one, id);
          took(reply.pids, id);
        }
      }
      const described = refused.map(({pid, id, name, error}) => ({
        pid,
        id,
        message: `${name}: ${whyRefused(pid, error)}`,
      }));
      if (sent.length === 0 && refused.length > 0) throw new RpcError(ErrorCode.failed, namedIn(described));
      return refused.length === 0 ? {sent} : {sent, refused: described};
    },

    async nice({nice, targets}) {
      const table = readings.read();
      const touched = targets.flatMap(target =>
        isPid(target)
          ? [ofPid(host, target, table)]
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
