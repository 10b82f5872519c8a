/** Which channels a worker inherits as descriptors, and how it is told. */
import {variablePart} from '../../fleet/values/names.ts';
import type {ChannelSpec, WorkerSpec} from '../../fleet/types.ts';
import type {PipeGrant, SocketGrant} from '../../link/spawn.ts';

/** The first inherited descriptor (sd_listen_fds(3)). */
const FIRST_FD = 3;

export interface Granted {
  readonly sockets: readonly SocketGrant[];
  readonly pipes: readonly PipeGrant[];
}

/** Sockets in the order in which the worker names them; pipes in the order of the file, since their ends name the worker. */
export function grantsOf({name: worker, channels: names}: WorkerSpec, channels: readonly ChannelSpec[]): Granted {
  return {
    sockets: names.flatMap(name => {
      const channel = channels.find(one => one.name === name);
      return channel?.kind === 'socket' ? [{name, address: channel.address}] : [];
    }),
    pipes: channels.flatMap(channel =>
      channel.kind === 'pipe' && [channel.from, channel.to].includes(worker) ? [{name: channel.name}] : [],
    ),
  };
}

/** `BROOD_FD_<CHANNEL>` of all, and of sockets what sd_listen_fds(3) wants; LISTEN_PID is set by the chain, which knows it. */
export function grantEnvironment({sockets, pipes}: Granted): Readonly<Record<string, string>> {
  const names = [...sockets, ...pipes].map(({name}) => name);
  const listening = {LISTEN_FDS: String(sockets.length), LISTEN_FDNAMES: sockets.map(({name}) => name).join(':')};
  return {
    ...(sockets.length === 0 ? {} : listening),
    ...Object.fromEntries(names.map((name, at) => [`BROOD_FD_${variablePart(name)}`, String(FIRST_FD + at)])),
  };
}
