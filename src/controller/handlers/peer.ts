/** The process at the other end of a connection to the control socket. */
import type {Socket} from 'node:net';
import {peerCredentials} from '../../posix/peer.ts';

/** Returns the descriptor of a socket, which Node keeps in an undocumented object, or null if there is none. */
function descriptorOf(socket: Socket): number | null {
  const handle: unknown = '_handle' in socket ? socket._handle : null;
  if (typeof handle !== 'object' || handle === null || !('fd' in handle)) return null;
  return typeof handle.fd === 'number' && handle.fd >= 0 ? handle.fd : null;
}

/**
 * Returns pid and uid of the peer (SO_PEERCRED, unix(7)), or null if the kernel reports none. A process that is
 * invisible from here has pid 0.
 */
export function peerOf(socket: Socket): {readonly pid: number; readonly uid: number} | null {
  const fd = descriptorOf(socket);
  return fd === null ? null : peerCredentials(fd);
}
