/** Finds running processes for a command: only those of this fleet, so that a typo affects no other process. */
import {RpcError} from '../../control/errors.ts';
import {ErrorCode, type Target} from '../../control/messages.ts';
import type {Reply} from '../../link/orders.ts';
import {whyRefused} from '../../process/refusal.ts';
import {hasEnded} from '../../process/stat.ts';
import type {ProcessTable} from '../../process/table.ts';
import type {Instance} from '../../supervisor/types.ts';
import type {HandlerContext} from './context.ts';

export interface Touched {
  readonly pid: number;
  /** Untrusted. */
  readonly name: string;
  readonly startTime: string;
  readonly id: string | null;
}

/** @throws RpcError if the reply is a failure */
export function refuse(reply: Reply, pid: number, what: string): void {
  if (!reply.ok)
    throw new RpcError(ErrorCode.failed, `${what}: ${reply.error === null ? 'failed' : whyRefused(pid, reply.error)}`);
}

/** Returns a process of the fleet by its pid. */
export function processOf({engine, readings}: HandlerContext, target: Target, table: ProcessTable): Touched {
  const pid = Number(target);
  for (const instance of engine.core.instances()) {
    const stat = readings.of(instance, table).tree.find(member => member.pid === pid);
    if (stat) return {pid, name: stat.comm, startTime: stat.startTime, id: instance.id};
  }
  throw new RpcError(
    ErrorCode.unknownTarget,
    `process ${pid} does not belong to this fleet; see \`brood ps\` and \`brood status\``,
  );
}

/** Returns every living process of an instance. */
export const treeOf = ({readings}: HandlerContext, instance: Instance, table: ProcessTable): Touched[] =>
  readings
    .of(instance, table)
    .tree.filter(stat => !hasEnded(stat))
    .map(({pid, comm, startTime}) => ({pid, name: comm, startTime, id: instance.id}));

/** Returns the named instances that run. @throws RpcError if none does */
export function running(instances: readonly Instance[]): Instance[] {
  const found = instances.filter(({run}) => run?.pid != null);
  if (found.length > 0) return found;
  const [first] = instances;
  throw new RpcError(ErrorCode.failed, `${first?.id ?? 'it'} is not running (${first?.status ?? 'unknown'})`);
}
