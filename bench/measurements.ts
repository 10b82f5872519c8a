/** What is measured beside the tables: `bars.ts` judges it. */

/** Answers to one question that was asked over and over, in ms. */
export interface Answers {
  readonly during: string;
  readonly count: number;
  readonly median: number;
  readonly p99: number;
  readonly worst: number;
  /** How long what went on meanwhile took. */
  readonly took: number | null;
}

/** What takes how long, in ms: the medians. */
export interface ChannelTimes {
  readonly lsof: number;
  readonly endpoints: number;
  readonly graph: number;
  readonly withSignals: number;
  readonly command: number;
}

/** What both took of one core at the same time, in percent. */
export interface Beside {
  readonly what: string;
  readonly brood: number;
  readonly htop: number;
  /** Resident memory, MiB. */
  readonly broodMib: number;
  readonly htopMib: number;
}
