/** Processes that can never continue: they wait for a lock that is never released, since its owners are stuck, too. */

/** A lock with waiters. They wait until each group of owners has released it; one member of a group is enough. */
export interface Wanted {
  readonly name: string;
  readonly owners: readonly (readonly number[])[];
  readonly waiters: readonly number[];
}

/** For each stuck process: the lock that it waits for, and one of its owners, which is stuck as well. */
export type Stuck = ReadonlyMap<number, {readonly on: string; readonly owner: number}>;

/** Owners of a lock, and how many of them may still continue: at 0 the group is lost. */
interface Group {
  readonly lock: Lock;
  readonly owners: ReadonlySet<number>;
  free: number;
}

interface Lock {
  readonly wanted: Wanted;
  readonly groups: Group[];
  /** Number of lost groups. */
  lost: number;
}

/** Assumes all waiters stuck and frees those that wait for no stuck process; visits each group and each wait once. */
export function stuckIn(all: readonly Wanted[]): Stuck {
  const locks = all.filter(({waiters}) => waiters.length > 0).map(lockOf);
  /** Number of lost locks that each process waits for. */
  const hopeless = new Map<number, number>();
  for (const {wanted} of locks) for (const pid of wanted.waiters) hopeless.set(pid, 0);
  const groupsOf = new Map<number, Group[]>();
  for (const {groups} of locks)
    for (const group of groups)
      for (const owner of group.owners) {
        if (!hopeless.has(owner)) group.free++;
        const others = groupsOf.get(owner);
        if (others) others.push(group);
        else groupsOf.set(owner, [group]);
      }
  for (const lock of locks) {
    lock.lost = lock.groups.filter(({free}) => free === 0).length;
    if (lock.lost > 0) for (const pid of lock.wanted.waiters) hopeless.set(pid, (hopeless.get(pid) ?? 0) + 1);
  }
  const going = [...hopeless].filter(([, lost]) => lost === 0).map(([pid]) => pid);
  for (let pid = going.pop(); pid !== undefined; pid = going.pop()) {
    for (const group of groupsOf.get(pid) ?? []) {
      if (group.free++ > 0 || --group.lock.lost > 0) continue;
      for (const waiter of group.lock.wanted.waiters) {
        const left = (hopeless.get(waiter) ?? 0) - 1;
        hopeless.set(waiter, left);
        if (left === 0) going.push(waiter);
      }
    }
  }
  return waitsOf(locks);
}

const lockOf = (wanted: Wanted): Lock => {
  const lock: Lock = {wanted, groups: [], lost: 0};
  for (const owners of wanted.owners) if (owners.length > 0) lock.groups.push({lock, owners: new Set(owners), free: 0});
  return lock;
};

/** Returns the processes that still wait for a lost lock; of several locks the first counts. */
function waitsOf(locks: readonly Lock[]): Stuck {
  const stuck = new Map<number, {on: string; owner: number}>();
  for (const {wanted, groups, lost} of locks) {
    const [owner] = lost > 0 ? (groups.find(({free}) => free === 0)?.owners ?? []) : [];
    if (owner === undefined) continue;
    for (const pid of wanted.waiters) if (!stuck.has(pid)) stuck.set(pid, {on: wanted.name, owner});
  }
  return stuck;
}
