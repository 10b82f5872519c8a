/** Descriptors, memory and files do not grow: what a process holds after a while is held against what it held at first. */

/** What one process of the supervisor, or its folder, holds; per instance of the fleet it may hold more. */
export interface Holding {
  /** `keeper 4711@88`: a new process begins anew. */
  readonly holder: string;
  /** `descriptors`. */
  readonly what: string;
  readonly amount: number;
  /** Of the fleet, at that moment. */
  readonly instances: number;
}

/** What a thing may grow by beyond the ratio, before it counts. */
export interface Allowance {
  readonly ratio: number;
  readonly plus: number;
}

/** Samples of a new process that are not looked at: it has just read everything anew. */
const WARM_UP = 3;
/** Samples that make the baseline: its largest. */
const BASELINE = 5;
/** So many in a row must be too large: one may have been taken in the wake of a blow. */
const IN_A_ROW = 3;

interface Course {
  samples: number;
  /** Per instance. */
  baseline: number;
  above: number;
  last: number;
}

export class Growth {
  readonly #allowances: Readonly<Record<string, Allowance>>;
  readonly #courses = new Map<string, Course>();
  /** The largest amount that was seen of each thing. */
  readonly most = new Map<string, number>();
  /** Samples that could be held against a baseline. */
  judged = 0;

  constructor(allowances: Readonly<Record<string, Allowance>>) {
    this.#allowances = allowances;
  }

  look(holdings: readonly Holding[]): string[] {
    return holdings.flatMap(holding => this.#judge(holding));
  }

  #judge({holder, what, amount, instances}: Holding): string[] {
    const allowance = this.#allowances[what];
    if (!allowance) return [];
    this.most.set(
      `${holder.split(' ')[0] ?? ''} ${what}`,
      Math.max(amount, this.most.get(`${holder.split(' ')[0] ?? ''} ${what}`) ?? 0),
    );
    const key = `${holder} ${what}`;
    const course = this.#courses.get(key) ?? {samples: 0, baseline: 0, above: 0, last: 0};
    this.#courses.set(key, course);
    course.samples++;
    course.last = amount;
    const each = amount / Math.max(1, instances);
    if (course.samples <= WARM_UP) return [];
    if (course.samples <= WARM_UP + BASELINE) {
      course.baseline = Math.max(course.baseline, each);
      return [];
    }
    this.judged++;
    const most = course.baseline * instances * allowance.ratio + allowance.plus;
    course.above = amount > most ? course.above + 1 : 0;
    if (course.above < IN_A_ROW) return [];
    const was = Math.round(course.baseline * instances);
    return [`${holder} holds ${amount} ${what}, after ${was} at first (more than ${Math.round(most)})`];
  }
}
