/** Who is at the other end of a connection to the control socket. */
import type {Socket} from 'node:net';
import {peerCredentials} from '../../posix/peer.ts';

/** The descriptor of a socket, which Node keeps in an object that it does not describe; null where there is none. */
function descriptorOf(socket: Socket): number | null {
  const handle: unknown = '_handle' in socket ? socket._handle : null;
  if (typeof handle !== 'object' || handle === null || !('fd' in handle)) return null;
  return typeof handle.fd === 'number' && handle.fd >= 0 ? handle.fd : null;
}

/** Who connected (SO_PEERCRED, unix(7)); null where the kernel can't tell. A process that can't be seen from here has pid 0. */
export function peerOf(socket: Socket): {readonly pid: number; readonly uid: number} | null {
  const fd = descriptorOf(socket);
  return fd === null ? null : peerCredentials(fd);
}
