/** The groups of a fleet: who restarts with whom, who holds whom back, and when a group has had enough. */
import type {GroupSpec} from '../../fleet/types.ts';
import type {Instance} from '../types.ts';

/** A worker by its name, or a group within the group. */
export type Child = string | Group;

export class Group {
  readonly spec: GroupSpec;
  /** In the order of `members`. */
  readonly children: readonly Child[];
  parent: Group | null = null;
  /** CLOCK_MONOTONIC ms of the restarts that counted within the last `giveUp.withinMs`. */
  recent: readonly number[];
  /** Instances of it, however deep, that are being ended to be started again. */
  stopping = 0;
  /** Instances of its own workers that wait for their restart. */
  backoff = 0;

  constructor(spec: GroupSpec, children: readonly Child[], recent: readonly number[]) {
    this.spec = spec;
    this.children = children;
    this.recent = recent;
    for (const child of children) if (child instanceof Group) child.parent = this;
  }

  /** Whether a failure of one member concerns others. */
  get isShared(): boolean {
    return this.spec.strategy !== 'one-for-one';
  }

  /** Names of its workers, however deep, in order. */
  get workers(): string[] {
    return this.children.flatMap(workersOf);
  }

  /** Those whom the strategy restarts with a child; the child itself, if it is a group, is restarted whole. */
  restartedWith(child: Child): string[] {
    switch (this.spec.strategy) {
      case 'one-for-one':
        return child instanceof Group ? child.workers : [];
      case 'one-for-all':
        return this.workers;
      case 'rest-for-one': {
        const rest = this.children.slice(this.children.indexOf(child) + 1).flatMap(workersOf);
        return child instanceof Group ? [...child.workers, ...rest] : rest;
      }
    }
  }

  /** Counts one restart; false, and it is not counted, where that is one more than the group allows. */
  allows(mono: number): boolean {
    const {giveUp} = this.spec;
    if (giveUp === null) return true;
    const recent = this.recent.filter(at => mono - at < giveUp.withinMs);
    if (recent.length >= giveUp.restarts) return false;
    this.recent = [...recent, mono];
    return true;
  }
}

/** The workers of one member of a group. */
export const workersOf = (child: Child): readonly string[] => (child instanceof Group ? child.workers : [child]);

/** Whether others of its group wait until it is down, or has waited itself. */
export function holds({wanted, status}: Instance): 'stopping' | 'backoff' | null {
  return wanted === 'up' && (status === 'stopping' || status === 'backoff') ? status : null;
}

export class Groups {
  readonly #all = new Map<string, Group>();
  readonly #byWorker = new Map<string, Group>();

  /** @param recent what is remembered of groups by these names. */
  constructor(specs: readonly GroupSpec[] = [], recent: ReadonlyMap<string, readonly number[]> = new Map()) {
    const byName = new Map(specs.map(spec => [spec.name, spec]));
    const make = (spec: GroupSpec): Group => {
      const known = this.#all.get(spec.name);
      if (known !== undefined) return known;
      const children = spec.members.map(name => {
        const inner = byName.get(name);
        return inner === undefined ? name : make(inner);
      });
      const group = new Group(spec, children, recent.get(spec.name) ?? []);
      this.#all.set(spec.name, group);
      for (const child of children) if (typeof child === 'string') this.#byWorker.set(child, group);
      return group;
    };
    specs.forEach(make);
  }

  /** By group: when its restarts were. Only those that have any. */
  get recent(): ReadonlyMap<string, readonly number[]> {
    const some = [...this.#all.values()].filter(({recent}) => recent.length > 0);
    return new Map(some.map(({spec, recent}) => [spec.name, recent]));
  }

  /** The group that a worker is a member of. */
  of(worker: string): Group | null {
    return this.#byWorker.get(worker) ?? null;
  }

  /** That group and those around it, from within. */
  *around(worker: string): Generator<Group, void> {
    for (let group = this.of(worker); group !== null; group = group.parent) yield group;
  }

  /** Somebody has started it by hand: what was before is forgiven. */
  forgive(worker: string): void {
    for (const group of this.around(worker)) group.recent = [];
  }

  /** Counts an instance in (1) or out (-1). */
  count(instance: Instance, by: 1 | -1): void {
    const held = holds(instance);
    if (held === 'backoff') {
      const own = this.of(instance.worker);
      if (own !== null) own.backoff += by;
    } else if (held === 'stopping') {
      for (const group of this.around(instance.worker)) group.stopping += by;
    }
  }
}
