/** Event counters (eventfd(2)): since Linux 5.2 each has an id, which identifies the processes that share it. */
import type {ChannelKind} from './channel-kind.ts';
import {groupBy} from './files.ts';
import type {EventFd} from './snapshot.ts';

const ID = /^eventfd-id:\s*(\d+)/m;
const COUNT = /^eventfd-count:\s*([\da-f]+)/m;

/** Parses `/proc/PID/fdinfo/FD`. Values that the file lacks are null. */
export function eventfdIn(info: string): {readonly id: string | null; readonly count: number | null} {
  const count = COUNT.exec(info)?.[1];
  return {id: ID.exec(info)?.[1] ?? null, count: count === undefined ? null : Number(`0x${count}`)};
}

/** A counter without an id is treated as not shared. */
const idOf = ({info, end}: EventFd): string => eventfdIn(info).id ?? `${end.pid}:${end.fd ?? ''}`;

export const eventfd: ChannelKind = {
  kind: 'eventfd',
  needs: ['eventfds'],
  read: ({eventfds}) =>
    Array.from(groupBy(eventfds, idOf), ([id, group]) => ({
      kind: 'eventfd',
      id: `eventfd:[${id}]`,
      name: null,
      ends: group.map(({end}) => end),
      detail: {count: eventfdIn(group[0].info).count},
    })),
};
