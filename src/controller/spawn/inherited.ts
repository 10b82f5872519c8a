/** Which channels a worker inherits as descriptors, and the variables that describe them. */
import {channelsUsedBy, isInherited, type InheritedKind} from '../../fleet/channels.ts';
import type {ChannelSpec, WorkerSpec} from '../../fleet/types.ts';
import {variablePart} from '../../fleet/values/names.ts';
import {GRANT_ORDER, type Grant} from '../../link/channels.ts';

/** The first inherited descriptor (sd_listen_fds(3)). */
const FIRST_FD = 3;

type Of<K extends InheritedKind> = Extract<ChannelSpec, {readonly kind: K}>;

/** Builds the keeper's grant of a channel, by kind. */
const GRANTS: {readonly [K in InheritedKind]: (channel: Of<K>) => Grant} = {
  socket: ({name, address}) => ({kind: 'socket', name, address}),
  pipe: ({name}) => ({kind: 'pipe', name}),
};

const grant = <K extends InheritedKind>(kind: K, channel: Of<K>): Grant => GRANTS[kind](channel);

/** Returns the grants of those channels that are inherited. */
export const grantsAmong = (channels: readonly ChannelSpec[]): readonly Grant[] =>
  channels.filter(isInherited).map(channel => grant(channel.kind, channel));

/** Returns the grants of a worker, in the order of its descriptors. */
export function grantsOf(spec: WorkerSpec, channels: readonly ChannelSpec[]): readonly Grant[] {
  const grants = grantsAmong(channelsUsedBy(spec, channels));
  return GRANT_ORDER.flatMap(kind => grants.filter(one => one.kind === kind));
}

export const listens = (grants: readonly Grant[]): boolean => grants.some(({kind}) => kind === 'socket');

/**
 * Returns `BROOD_FD_<CHANNEL>` of all grants, and the variables of sd_listen_fds(3) for sockets. The chain sets
 * LISTEN_PID: only it has the pid.
 */
export function grantEnvironment(grants: readonly Grant[]): Readonly<Record<string, string>> {
  const sockets = grants.filter(({kind}) => kind === 'socket').map(({name}) => name);
  const listening = {LISTEN_FDS: String(sockets.length), LISTEN_FDNAMES: sockets.join(':')};
  return {
    ...(sockets.length === 0 ? {} : listening),
    ...Object.fromEntries(grants.map(({name}, at) => [`BROOD_FD_${variablePart(name)}`, String(FIRST_FD + at)])),
  };
}
