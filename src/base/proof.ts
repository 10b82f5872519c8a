/** The proof that no process of a run is left, and the doubts about it. */

export type Proof = 'cgroup' | 'connector' | 'lineage';

/** A reason why the end of all processes of a run is not proved. */
export interface Doubt {
  /** A process that may be left of the run, or null if the reason is not a process. */
  readonly pid: number | null;
  readonly startTime: string | null;
  /** The reason, for people. Process names in the text are untrusted. */
  readonly words: string;
}
