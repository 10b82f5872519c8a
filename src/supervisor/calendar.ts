/** A time zone, and how schedules are read in it. */
export interface Calendar {
  /** When a schedule is due next, strictly after a moment. */
  readonly next: (schedule: string, after: number) => number;
  /** A moment for people. */
  readonly words: (at: number) => string;
}
