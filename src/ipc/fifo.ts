/** Named pipes (fifo(7)): files of their own type, identified by device and inode, whatever their name. */
import type {ChannelKind} from './channel-kind.ts';
import {byFile, endOf} from './files.ts';

const S_IFIFO = 0o010000;

export const fifo: ChannelKind = {
  kind: 'fifo',
  needs: ['files'],
  read: ({files}) =>
    Array.from(byFile(files.filter(({type}) => type === S_IFIFO)), ([file, held]) => ({
      kind: 'fifo',
      id: `fifo:[${file}]`,
      name: held[0].path,
      ends: held.map(endOf),
      detail: {},
    })),
};
