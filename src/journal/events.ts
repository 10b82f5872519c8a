/** What is written to the journal; the writer adds `seq` and `at`. */
export interface JournalEvent {
  readonly type: string;
  readonly worker?: string;
  readonly instance?: number;
  readonly pid?: number;
  readonly [field: string]: unknown;
}

/** One journal line. */
export interface EventRecord {
  readonly seq: number;
  /** ISO 8601. */
  readonly at: string;
  readonly type: string;
  readonly worker?: string;
  readonly instance?: number;
  readonly pid?: number;
  readonly [field: string]: unknown;
}
