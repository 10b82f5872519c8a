/** The report of `brood ipc --json`: channels, and the owners of their processes. */
import type {Channels} from '../../ipc/graph.ts';
import type {Channel} from '../../ipc/types.ts';
import type {IpcProcess} from '../../text/channels/nodes.ts';
import type {Scope} from '../target/scope.ts';

export type {IpcProcess};

export interface IpcReport {
  readonly processes: readonly IpcProcess[];
  readonly channels: readonly Channel[];
  /** Processes that this user may not inspect. */
  readonly denied: readonly number[];
  /** There may be processes that are invisible to this user. */
  readonly hidden: boolean;
  /** Descriptions of what was skipped because there is so much of it; absent if nothing was. */
  readonly leftOut?: readonly string[];
}

export function reportOf(
  {processes, channels, denied, hidden, leftOut}: Channels,
  scope: Pick<Scope, 'ownerOf' | 'roleOf'>,
): IpcReport {
  return {
    processes: processes.map(({pid, name, startTime}) => {
      // Without a start time, the pid may belong to another process by now.
      const owner = startTime === null ? null : scope.ownerOf(pid, startTime);
      return {
        pid,
        name: scope.roleOf(pid) ?? name,
        worker: owner?.worker ?? null,
        instance: owner?.instance ?? null,
      };
    }),
    channels,
    denied,
    hidden,
    ...(leftOut === undefined ? {} : {leftOut}),
  };
}
