/** Separates strangers from the supervisor's own processes: the keeper, its starters, and all their descendants. */
import type {StrangerAmong} from './controllers.ts';
import {readFleetTable} from '../../process/fleet-table.ts';

/** @param others the anchor, and the launcher while it waits */
export function strangersTo(others: readonly (number | null)[]): StrangerAmong {
  return pids => {
    const table = readFleetTable();
    const own = new Set(
      [process.pid, ...others].flatMap(root => (root === null ? [] : table.treeOf(root))).map(({pid}) => pid),
    );
    return pids.find(pid => !own.has(pid));
  };
}
