/** How a chaos run is to be. */
export interface RunOptions {
  readonly seed: number;
  readonly durationMs: number;
  readonly workers: number;
  /** What the chatty ones write together, in MB a second. */
  readonly rate: number;
}
