/**
 * Judges whether sampled amounts stay flat. After a warm-up of a third, the median of the last third may exceed that of
 * the second by a tolerance; a lasting growth beyond that is a leak.
 */

/** One sample: amounts by name. */
export interface Sample {
  /** Time since the start. */
  readonly ms: number;
  readonly amounts: ReadonlyMap<string, number>;
}

/** Tolerated growth in the last third: `ratio` times the earlier amount, and `plus`. */
export interface Allowance {
  readonly ratio: number;
  readonly plus: number;
}

export interface Verdict {
  readonly what: string;
  /** Median of the second third, and of the last. */
  readonly before: number;
  readonly after: number;
  readonly most: number;
  readonly limit: number;
  readonly flat: boolean;
}

/** By a prefix of the amount's name. */
export type Allowances = readonly (readonly [prefix: string, Allowance])[];

export function judge(samples: readonly Sample[], allowances: Allowances): Verdict[] {
  const end = samples.at(-1)?.ms ?? 0;
  const second = samples.filter(({ms}) => ms > end / 3 && ms <= (2 * end) / 3);
  const last = samples.filter(({ms}) => ms > (2 * end) / 3);
  const names = new Set(samples.flatMap(({amounts}) => [...amounts.keys()]));
  return [...names].sort().flatMap(what => {
    const allowance = allowances.find(([prefix]) => what.startsWith(prefix))?.[1];
    if (allowance === undefined) throw new Error(`nobody has said how much more there may be of: ${what}`);
    const before = middle(second, what);
    const after = middle(last, what);
    if (before === null || after === null) return [];
    const limit = before * allowance.ratio + allowance.plus;
    const most = Math.max(...samples.map(({amounts}) => amounts.get(what) ?? 0));
    return [{what, before, after, most, limit, flat: after <= limit}];
  });
}

function middle(samples: readonly Sample[], what: string): number | null {
  const sorted = samples.flatMap(({amounts}) => amounts.get(what) ?? []).sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? null;
}
