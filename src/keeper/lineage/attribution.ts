/**
 * Attribution by exclusion. The kernel gives an orphan to its nearest living subreaper, so each child of the keeper
 * comes from a run that the keeper started, whatever cgroup, session and environment the child has by then. No process
 * is older than the main process from which it descends. A pure function of start times; the facts are gathered
 * elsewhere.
 */

/** A run that is not over, from which an orphan may come. */
export interface Suspect {
  /** The run's token. */
  readonly token: string;
  /** The instance, as shown to users. */
  readonly id: string;
  /** Start time of the first main process (clock ticks since boot); null: unknown, which excludes nothing. */
  readonly startTicks: number | null;
}

export interface Attribution<S extends Suspect> {
  /** Every run that may own the orphan. */
  readonly suspects: readonly S[];
  /** The run with which the orphan is to end; null if no single run certainly owns it. */
  readonly owner: S | null;
}

/**
 * Attributes an orphan that started at `startTicks`. While two runs may own it, neither does. As soon as all but one
 * are over, the orphan belongs to that one: it is a process of that run, or a leftover of a run that was to end with
 * nothing left, and in both cases it must not outlive the last run that may need it.
 *
 * @param isShared whether something other than a run, which does not end before the fleet, may own the orphan too
 */
export function attribute<S extends Suspect>(
  startTicks: number,
  living: Iterable<S>,
  isShared: boolean,
): Attribution<S> {
  const suspects = [...living].filter(run => run.startTicks === null || run.startTicks <= startTicks);
  const [only] = suspects;
  const isOwned = only !== undefined && suspects.length === 1 && only.startTicks !== null && !isShared;
  return {suspects, owner: isOwned ? only : null};
}
