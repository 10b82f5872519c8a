/** The holders of the sockets of a channel. */
import type {Snapshot} from './snapshot.ts';
import type {End} from './types.ts';

export const socketEnds = ({sockets}: Snapshot, [first, second]: readonly number[]): readonly End[] => {
  const near = (first === undefined ? undefined : sockets.get(first)) ?? [];
  const far = second === undefined ? undefined : sockets.get(second);
  return far === undefined ? near : [...near, ...far];
};
