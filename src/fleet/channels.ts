/**
 * The kinds of channels and who uses each, one kind per line. src/fleet/schema/channels.ts defines the syntax in the
 * fleet file; src/keeper/inherited handles the channels that workers inherit.
 */
import type {ChannelKind, ChannelSpec, WorkerSpec} from './types.ts';

interface Kind {
  /**
   * `listed`: used by workers whose `channels:` names the channel. `ends`: used by the two workers that the channel
   * names (`from`, `to`).
   */
  readonly used: 'listed' | 'ends';
  /** Whether workers inherit the channel as a descriptor. */
  readonly inherited: boolean;
}

const KINDS = {
  socket: {used: 'listed', inherited: true},
  pipe: {used: 'ends', inherited: true},
  queue: {used: 'listed', inherited: false},
  semaphore: {used: 'listed', inherited: false},
  lock: {used: 'listed', inherited: false},
  event: {used: 'listed', inherited: false},
  shm: {used: 'listed', inherited: false},
} as const satisfies {readonly [K in ChannelKind]: Kind};

export type InheritedKind = {
  [K in ChannelKind]: (typeof KINDS)[K]['inherited'] extends true ? K : never;
}[ChannelKind];
export type InheritedChannel = Extract<ChannelSpec, {readonly kind: InheritedKind}>;

const entries: readonly (readonly [string, Kind])[] = Object.entries(KINDS);

/** The kinds whose entries name their workers. */
export const ENDED_KINDS = entries.flatMap(([kind, {used}]) => (used === 'ends' ? [kind] : []));

/** The inherited kinds among those that workers list. */
export const LISTED_INHERITED = entries.flatMap(([kind, {used, inherited}]) =>
  used === 'listed' && inherited ? [kind] : [],
);

type EndedKind = {
  [K in ChannelKind]: (typeof KINDS)[K]['used'] extends 'ends' ? K : never;
}[ChannelKind];

const isEnded = (channel: ChannelSpec): channel is Extract<ChannelSpec, {readonly kind: EndedKind}> =>
  KINDS[channel.kind].used === 'ends';

export const isInherited = (channel: ChannelSpec): channel is InheritedChannel => KINDS[channel.kind].inherited;

/** Returns the workers that a channel names; none for other kinds. */
export const endsOf = (channel: ChannelSpec): readonly string[] =>
  isEnded(channel) ? [...new Set([channel.from, channel.to])] : [];

/**
 * Returns the description of a channel for a worker, without the worker at the other end, or null if the channel names
 * its workers and this is not one of them.
 */
export function asSeenBy(worker: string, channel: ChannelSpec): object | null {
  if (!isEnded(channel)) return channel;
  const {name, kind, from, to} = channel;
  return [from, to].includes(worker) ? {name, kind, writes: from === worker} : null;
}

/**
 * Returns the channels that a worker uses: those that it lists, in its order; then those that name the worker, in the
 * order of the file.
 */
export const channelsUsedBy = (
  {name: worker, channels: names}: Pick<WorkerSpec, 'name' | 'channels'>,
  channels: readonly ChannelSpec[],
): readonly ChannelSpec[] => [
  ...names.flatMap(name => channels.find(channel => channel.name === name && endsOf(channel).length === 0) ?? []),
  ...channels.filter(channel => endsOf(channel).includes(worker)),
];
