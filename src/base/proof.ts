/** How it is known that nothing of a run is left, and why not better. */

export type Proof = 'cgroup' | 'connector' | 'lineage';

/** Why it is not proved that nothing of a run is left. */
export interface Doubt {
  /** A process that may be left of it; null: a reason that is no process. */
  readonly pid: number | null;
  readonly startTime: string | null;
  /** For people. Names of processes in it are untrusted. */
  readonly words: string;
}
