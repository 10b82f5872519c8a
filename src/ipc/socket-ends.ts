/** Who holds the sockets of a channel. */
import type {Snapshot} from './snapshot.ts';
import type {End} from './types.ts';

export const socketEnds = ({sockets}: Snapshot, inodes: readonly number[]): End[] =>
  inodes.flatMap(inode => (sockets.get(inode) ?? []).map(({pid, fd, mode}) => ({pid, fd, mode, socket: inode})));
