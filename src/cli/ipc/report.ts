/** What `brood ipc --json` prints: channels, and whose their processes are. */
import type {Channels} from '../../ipc/graph.ts';
import type {Channel} from '../../ipc/types.ts';
import type {IpcProcess} from '../../words/channels/nodes.ts';
import type {Scope} from '../target/scope.ts';

export type {IpcProcess};

export interface IpcReport {
  readonly processes: readonly IpcProcess[];
  readonly channels: readonly Channel[];
  /** Processes that this user may not look into. */
  readonly denied: readonly number[];
  /** There may be processes that this user is not even told of. */
  readonly hidden: boolean;
  /** What was not looked at because there is so much of it, in words; not there: nothing. */
  readonly leftOut?: readonly string[];
}

export function reportOf(
  {processes, channels, denied, hidden, leftOut}: Channels,
  scope: Pick<Scope, 'ownerOf' | 'roleOf'>,
): IpcReport {
  return {
    processes: processes.map(({pid, name, startTime}) => {
      // Without its start time it may be another one by now.
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
