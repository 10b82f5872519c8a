/** Binds a listening socket at a path that no other user controls; failures are described in words. */
import {errorCode} from '../../base/errors.ts';
import {ChannelError} from '../files/channel-error.ts';
import type {GrantOf} from '../../link/channels.ts';
import {whyNoSocketAt} from '../../home/check.ts';
import {fetchRefusal, listenAt, type Listening} from '../../posix/listen.ts';

export function cantListen({name, address}: GrantOf<'socket'>, cause: unknown): ChannelError {
  if (cause instanceof ChannelError) return cause;
  const code = errorCode(cause);
  const why: Readonly<Record<string, string>> = {
    EADDRINUSE:
      fetchRefusal() === null
        ? 'another program listens there'
        : 'another program, or a worker that an earlier keeper started, listens there',
    EACCES: 'this user is not allowed to listen there',
    EADDRNOTAVAIL: 'this machine has no such address',
    EINVAL: 'expected a numeric address such as 127.0.0.1:8080',
    ENOENT: 'its folder does not exist',
  };
  const message = `channel ${name}: can't listen on ${address}: ${why[code] ?? 'the kernel refused'}`;
  return new ChannelError(message, code, cause);
}

/** Binds a socket at a path, on threads. Rejects with ChannelError. */
export async function bindSocket(grant: GrantOf<'socket'>): Promise<Listening> {
  try {
    const why = await whyNoSocketAt(grant.address);
    if (why !== null) throw new ChannelError(`channel ${grant.name}: ${why}`, 'EPERM', null);
    return await listenAt(grant.address);
  } catch (error) {
    throw cantListen(grant, error);
  }
}
