/** Pipes (pipe(7)): descriptors with the same inode are the ends of a pipe; their permission bits show which end. */
import type {ChannelKind} from './channel-kind.ts';

export const pipe: ChannelKind = {
  kind: 'pipe',
  needs: ['pipes'],
  read: ({pipes}) =>
    Array.from(pipes, ([inode, ends]) => ({kind: 'pipe', id: `pipe:[${inode}]`, name: null, ends, detail: {}})),
};
