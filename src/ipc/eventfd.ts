/** Event counters (eventfd(2)): since Linux 5.2 each has a number, by which those who share one are found. */
import type {ChannelKind} from './channel-kind.ts';
import {groupBy} from './files.ts';
import type {EventFd} from './snapshot.ts';

const ID = /^eventfd-id:\s*(\d+)/m;
const COUNT = /^eventfd-count:\s*([\da-f]+)/m;

/** Where it has no number it is taken for nobody else's. */
const idOf = ({info, end}: EventFd): string => ID.exec(info)?.[1] ?? `${end.pid}:${end.fd ?? ''}`;

export const eventfd: ChannelKind = {
  kind: 'eventfd',
  needs: ['eventfds'],
  read: ({eventfds}) =>
    Array.from(groupBy(eventfds, idOf), ([id, group]) => {
      const count = COUNT.exec(group[0].info)?.[1];
      return {
        kind: 'eventfd',
        id: `eventfd:[${id}]`,
        name: null,
        ends: group.map(({end}) => end),
        detail: {count: count === undefined ? null : Number(`0x${count}`)},
      };
    }),
};
