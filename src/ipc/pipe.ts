/** Pipes (pipe(7)): whoever has a descriptor with the same inode holds an end, and its permission bits tell which. */
import type {ChannelKind} from './channel-kind.ts';

export const pipe: ChannelKind = {
  kind: 'pipe',
  needs: ['pipes'],
  read: ({pipes}) =>
    Array.from(pipes, ([inode, ends]) => ({kind: 'pipe', id: `pipe:[${inode}]`, name: null, ends, detail: {}})),
};
