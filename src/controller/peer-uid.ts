/** Who is at the other end of a connection to the control socket. */
import type {Socket} from 'node:net';
import {peerCredentials} from '../posix/peer.ts';

/** The descriptor of a socket, which Node keeps in an object that it does not describe; null where there is none. */
function descriptorOf(socket: Socket): number | null {
  const handle: unknown = '_handle' in socket ? socket._handle : null;
  if (typeof handle !== 'object' || handle === null || !('fd' in handle)) return null;
  return typeof handle.fd === 'number' && handle.fd >= 0 ? handle.fd : null;
}

export function peerUid(socket: Socket): number | null {
  const fd = descriptorOf(socket);
  return fd === null ? null : (peerCredentials(fd)?.uid ?? null);
}
