/** The behaviours of workers: each temper is a program in `tempers/`. */
export interface Temper {
  /** The stream of its numbered lines; null: it writes none. */
  readonly stream: 'out' | 'err' | null;
  /** It ends by itself again and again, and so may have no process at times. */
  readonly ends: boolean;
  /** Instances in a fleet of 200. */
  readonly share: number;
  /** Additions to the definition that all tempers have in the fleet file. */
  readonly definition: Readonly<Record<string, unknown>>;
}

const speaking = {stream: 'out', ends: false, definition: {}} as const;

export const TEMPERS = {
  steady: {...speaking, share: 60},
  quiet: {...speaking, stream: null, share: 20},
  announcing: {...speaking, share: 20, definition: {ready: {log: ' begins'}}},
  crashing: {
    ...speaking,
    ends: true,
    share: 30,
    definition: {
      backoff: {first: '100ms', initial: '200ms', factor: 2, max: '4s'},
      give_up: {restarts: 1_000_000, within: '1s'},
    },
  },
  forking: {...speaking, share: 20},
  daemonizing: {...speaking, share: 20},
  deaf: {...speaking, stream: 'err', share: 20, definition: {stop: {timeout: '500ms'}}},
  chatty: {...speaking, share: 10},
} as const satisfies Readonly<Record<string, Temper>>;

export type TemperName = keyof typeof TEMPERS;

export const temperNames = Object.keys(TEMPERS) as TemperName[];

export const temperOf = (name: TemperName): Temper => TEMPERS[name];

/** An argument that no other program has: distinguishes a main process from its forks. */
export const MAIN_MARK = 'chaos-main';

/** Initial number of instances per worker of the fleet. */
const PER_WORKER = 10;

export interface First {
  readonly name: string;
  readonly temper: TemperName;
  readonly instances: number;
}

/** Returns a fleet of so many instances, of all tempers. */
export function firstFleet(instances: number): First[] {
  const all: First[] = [];
  const whole = temperNames.reduce((sum, name) => sum + temperOf(name).share, 0);
  for (const temper of temperNames) {
    let left = Math.max(1, Math.round((temperOf(temper).share * instances) / whole));
    for (let number = 1; left > 0; number++, left -= PER_WORKER)
      all.push({name: `${temper}${number}`, temper, instances: Math.min(left, PER_WORKER)});
  }
  return all;
}
