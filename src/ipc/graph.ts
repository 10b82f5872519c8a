/** The channels that exist between processes. */
import {existsSync} from 'node:fs';
import {hidesProcesses} from './hidden.ts';
import {CHANNEL_KINDS} from './kinds.ts';
import {takeSnapshot, type Snapshot} from './snapshot.ts';
import {PROC} from './source.ts';
import {KINDS, type Channel, type ChannelProcess, type Kind} from './types.ts';

export interface Asked {
  /** Only channels with one of these processes at an end are read; null or absent: all. */
  readonly pids?: ReadonlySet<number> | null;
  /** Null or absent: all kinds. Data that only other kinds need is not read. */
  readonly kinds?: ReadonlySet<Kind> | null;
  /** Whether to read start times, which the caller needs to find the owners of processes. */
  readonly startTimes?: boolean;
  /** Folder of /proc, or of a recorded tree. */
  readonly root?: string;
}

export interface Channels {
  /** All processes at an end of these channels, by pid. */
  readonly processes: readonly ChannelProcess[];
  readonly channels: readonly Channel[];
  /** Processes that this user may not inspect: they may hold more ends, and more channels. By pid. */
  readonly denied: readonly number[];
  /** Whether processes may exist that this user can't even see, with further ends and channels. */
  readonly hidden: boolean;
  /** Descriptions of what was skipped because of its amount, with names in them; absent: nothing was skipped. */
  readonly leftOut?: readonly string[];
}

/** Whether the kernel shows channels: Linux does. */
export const canReadChannels = (): boolean => existsSync(`${PROC}/self/fd`);

/** Reads the present state. Processes that start or end meanwhile may or may not be included; no entry is invented. */
export function readChannels({pids = null, kinds = null, startTimes = false, root = PROC}: Asked = {}): Channels {
  const wanted = KINDS.filter(kind => kinds?.has(kind) !== false).map(kind => CHANNEL_KINDS[kind]);
  const snapshot = takeSnapshot(root, {
    needs: new Set(wanted.flatMap(({needs}) => needs)),
    signalsOf: pids,
    startTimes,
  });
  const channels = wanted
    .flatMap(kind => kind.read(snapshot))
    .filter(({ends}) => pids === null || ends.some(({pid}) => pids.has(pid)));
  const {denied, leftOut} = snapshot;
  return {
    channels,
    processes: processesOf(snapshot, channels),
    denied,
    hidden: hidesProcesses(root),
    ...(leftOut.length > 0 ? {leftOut} : {}),
  };
}

function processesOf(snapshot: Snapshot, channels: readonly Channel[]): ChannelProcess[] {
  const pids = new Set<number>();
  for (const {ends} of channels) for (const {pid} of ends) pids.add(pid);
  return [...pids].sort((a, b) => a - b).map(pid => snapshot.process(pid) ?? {pid, name: '?', startTime: null});
}
