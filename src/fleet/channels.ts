/**
 * The kinds of channels, by who uses one: a line a kind. How each is written in a fleet file, src/fleet/schema/channels.ts
 * says; what the keeper does for one that workers inherit, src/keeper/inherited.
 */
import type {ChannelKind, ChannelSpec, WorkerSpec} from './types.ts';

interface Kind {
  /** `listed`: by the workers whose `channels:` name it. `ends`: by the two that it names itself (`from`, `to`). */
  readonly used: 'listed' | 'ends';
  /** Workers inherit it as a descriptor. */
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

/** The kinds that name their workers themselves. */
export const ENDED_KINDS = entries.flatMap(([kind, {used}]) => (used === 'ends' ? [kind] : []));

/** Of those that workers name, the kinds that they inherit. */
export const LISTED_INHERITED = entries.flatMap(([kind, {used, inherited}]) =>
  used === 'listed' && inherited ? [kind] : [],
);

export const isInherited = (channel: ChannelSpec): channel is InheritedChannel => KINDS[channel.kind].inherited;

/** The workers that a channel names itself; none where it does not. */
export const endsOf = (channel: ChannelSpec): readonly string[] =>
  'from' in channel ? [...new Set([channel.from, channel.to])] : [];

/** What a worker is told of a channel that it uses: whom it leads to at the other end, it is not. Null: it does not use it. */
export function asSeenBy(worker: string, channel: ChannelSpec): object | null {
  if (!('from' in channel)) return channel;
  const {name, kind, from, to} = channel;
  return [from, to].includes(worker) ? {name, kind, writes: from === worker} : null;
}

/**
 * The channels that a worker uses: those that it names, in its order; then those of the file that name it.
 */
export const channelsUsedBy = (
  {name: worker, channels: names}: Pick<WorkerSpec, 'name' | 'channels'>,
  channels: readonly ChannelSpec[],
): readonly ChannelSpec[] => [
  ...names.flatMap(name => channels.find(channel => channel.name === name && endsOf(channel).length === 0) ?? []),
  ...channels.filter(channel => endsOf(channel).includes(worker)),
];
