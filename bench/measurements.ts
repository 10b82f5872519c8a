/** Results of the measurements other than the main tables; `bars.ts` judges them. */

/** Response times of one request repeated under load, in ms. */
export interface Answers {
  readonly during: string;
  readonly count: number;
  readonly median: number;
  readonly p99: number;
  readonly worst: number;
  /** Duration of the load, in ms; null: never ended. */
  readonly took: number | null;
}

/** Median durations, in ms. */
export interface ChannelTimes {
  readonly lsof: number;
  readonly endpoints: number;
  readonly graph: number;
  readonly withSignals: number;
  readonly command: number;
}

/** CPU of both programs over the same period, in percent of one core. */
export interface Beside {
  readonly what: string;
  readonly brood: number;
  readonly htop: number;
  /** Resident memory, MiB. */
  readonly broodMib: number;
  readonly htopMib: number;
}
