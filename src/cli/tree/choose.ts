/** Chooses the processes that `brood tree` shows, and their roots. */
import type {LineageEntry} from '../../control/reports.ts';
import type {Snapshot} from '../../process/snapshot.ts';
import type {Scope} from '../target/scope.ts';

/** One process, at its place in the tree. */
export interface Place {
  readonly row: number;
  /** 0 for a root, whose parent is not shown. */
  readonly depth: number;
  readonly owner: LineageEntry | null;
  readonly role: ReturnType<Scope['roleOf']>;
}

/**
 * Returns the shown processes, parents first. The keeper is the root of its fleet; a process that no longer descends
 * from it is a root of its own, behind it.
 */
export function choose(snapshot: Snapshot, scope: Scope): Place[] {
  const {rows, forest} = snapshot;
  const shown = shownRows(snapshot, scope);
  const isFleet = scope.target === null && !scope.all && scope.lineage !== null;
  const ordered = isFleet ? firstOf(shown, snapshot, scope.lineage.keeper) : shown;
  const placeOf = new Map<number, Place>();
  for (const row of ordered) {
    const parent = placeOf.get(forest.parent(row)) ?? null;
    const role = scope.roleOf(rows.pid[row] ?? 0);
    const told = scope.ownerOf(rows.pid[row] ?? 0, snapshot.identity(row) ?? undefined);
    const owner = told ?? (role === null ? inherited(parent) : null);
    placeOf.set(row, {row, depth: parent === null ? 0 : parent.depth + 1, owner, role});
  }
  return [...placeOf.values()];
}

/** Returns the owner of a process that is newer than the fleet's report: the owner of its parent. */
const inherited = (parent: Place | null): LineageEntry | null =>
  parent?.owner ? {...parent.owner, main: false, orphan: false} : null;

/** Returns the rows that are shown, parents first. */
function shownRows(snapshot: Snapshot, scope: Scope): number[] {
  const {rows, forest} = snapshot;
  const everybody = Array.from({length: rows.count}, (_, n) => forest.at(n));
  const {target} = scope;
  const pids = scope.meant();
  if (pids === null) return everybody;
  const isMeant = (row: number, pid: number): boolean => {
    if (target?.kind === 'pid') return true;
    // The anchor only starts the keeper, so it is not shown.
    const role = scope.roleOf(pid);
    return role === null ? scope.ownerOf(pid, snapshot.identity(row) ?? undefined) !== null : role !== 'anchor';
  };
  const shown = new Set<number>();
  for (const row of everybody) {
    const pid = rows.pid[row] ?? 0;
    if ((pids.has(pid) && isMeant(row, pid)) || shown.has(forest.parent(row))) shown.add(row);
  }
  return [...shown];
}

/** Moves the keeper's tree before the others. */
function firstOf(shown: readonly number[], {rows, forest}: Snapshot, keeper: number): readonly number[] {
  const root = rows.find(keeper);
  if (root === -1) return shown;
  const [from, to] = [forest.place(root), forest.place(root) + forest.size(root)];
  const isBelow = (row: number): boolean => forest.place(row) >= from && forest.place(row) < to;
  return [...shown.filter(isBelow), ...shown.filter(row => !isBelow(row))];
}
