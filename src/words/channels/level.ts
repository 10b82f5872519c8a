/** How closely a number of channels can be looked at, so that one still sees something. */
import type {Channel} from '../../ipc/types.ts';
import {joinsOf, type Join} from './joins.ts';
import {nodesOf, type IpcProcess, type Level, type Node} from './nodes.ts';

export interface View {
  readonly level: Level;
  readonly nodes: ReadonlyMap<number, Node>;
  readonly joins: readonly Join[];
}

/**
 * Each process by itself where that makes `most` joins at most; else programs and workers as a whole.
 *
 * @param weightOf for how many a join counts
 */
export function viewOf(
  processes: readonly IpcProcess[],
  channels: readonly Channel[],
  most: number,
  weightOf: (join: Join) => number = () => 1,
): View {
  const near = nodesOf(processes, 'process');
  const joins = joinsOf(channels, near);
  if (joins.reduce((sum, join) => sum + weightOf(join), 0) <= most) return {level: 'process', nodes: near, joins};
  const far = nodesOf(processes, 'program');
  return {level: 'program', nodes: far, joins: joinsOf(channels, far)};
}
