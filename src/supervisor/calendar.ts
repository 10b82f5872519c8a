/** Evaluates schedules in a time zone. */
export interface Calendar {
  /** Returns the next due time of a schedule, strictly after a moment. */
  readonly next: (schedule: string, after: number) => number;
  /** Formats a moment for people. */
  readonly describe: (at: number) => string;
}
