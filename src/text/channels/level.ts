/** Chooses the level of detail at which a number of channels stays readable. */
import type {Channel} from '../../ipc/types.ts';
import {joinsOf, type Join} from './joins.ts';
import {nodesOf, type IpcProcess, type Level, type Node} from './nodes.ts';

export interface View {
  readonly level: Level;
  readonly nodes: ReadonlyMap<number, Node>;
  readonly joins: readonly Join[];
}

/**
 * Returns a view of single processes if it has at most `most` joins; otherwise of whole programs and workers.
 *
 * @param weightOf the number of joins that a join counts as
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
