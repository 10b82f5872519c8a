/** Descriptors, memory and files do not grow: later holdings of a process are compared with its early ones. */

/**
 * An amount held by one process of the supervisor, or by its folder. It may be in proportion to the fleet's instances.
 */
export interface Holding {
  /** Such as `keeper 4711@88`: a new process starts a new baseline. */
  readonly holder: string;
  /** Such as `descriptors`. */
  readonly what: string;
  readonly amount: number;
  /** Number of instances in the fleet at that moment. */
  readonly instances: number;
}

/** Growth that is tolerated: a ratio, and an amount beyond it. */
export interface Allowance {
  readonly ratio: number;
  readonly plus: number;
}

/** Samples of a new process that are ignored: it has just read everything anew. */
const WARM_UP = 3;
/** Samples that form the baseline, which is their maximum. */
const BASELINE = 5;
/** Number of consecutive samples that must be too large: a single one may be the effect of a blow. */
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
  /** The largest amount of each kind. */
  readonly most = new Map<string, number>();
  /** Number of samples compared with a baseline. */
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
