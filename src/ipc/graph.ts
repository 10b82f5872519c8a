/** Which channels exist between which processes. */
import {existsSync} from 'node:fs';
import {hidesProcesses} from './hidden.ts';
import {CHANNEL_KINDS} from './kinds.ts';
import {takeSnapshot, type Snapshot} from './snapshot.ts';
import {PROC} from './source.ts';
import {KINDS, type Channel, type ChannelProcess, type Kind} from './types.ts';

export interface Asked {
  /** Channels count if one of these processes is at one of their ends; null or absent: all there are. */
  readonly pids?: ReadonlySet<number> | null;
  /** Null or absent: all kinds. What only the others need is not read. */
  readonly kinds?: ReadonlySet<Kind> | null;
  /** Whether start times are wanted, to tell whose the processes are. */
  readonly startTimes?: boolean;
  /** Where /proc is: a recorded tree can be read as well. */
  readonly root?: string;
}

export interface Channels {
  /** Everybody at an end of these channels, by pid. */
  readonly processes: readonly ChannelProcess[];
  readonly channels: readonly Channel[];
  /** Processes that this user may not look into: they may hold more ends, and more channels. By pid. */
  readonly denied: readonly number[];
  /** There may be processes that this user is not even told of, with further ends and channels. */
  readonly hidden: boolean;
  /** What was not looked at because there is so much of it, in words with names in them; not there: nothing. */
  readonly leftOut?: readonly string[];
}

/** Whether the kernel tells of channels here: it does on Linux. */
export const canReadChannels = (): boolean => existsSync(`${PROC}/self/fd`);

/** Reads what is so now. Processes that come and go meanwhile may be there or not; nothing is made up. */
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
