/** Options of a chaos run. */
export interface RunOptions {
  readonly seed: number;
  readonly durationMs: number;
  readonly workers: number;
  /** Output of all chatty workers together, in MB per second. */
  readonly rate: number;
}
