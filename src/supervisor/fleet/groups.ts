/** The groups of a fleet: which workers restart together, which hold others back, and when a group gives up. */
import type {GroupSpec} from '../../fleet/types.ts';
import type {Instance} from '../types.ts';

/** The name of a worker, or an inner group. */
export type Child = string | Group;

export class Group {
  readonly spec: GroupSpec;
  /** In the order of `members`. */
  readonly children: readonly Child[];
  parent: Group | null = null;
  /** CLOCK_MONOTONIC ms of the counted restarts within the last `giveUp.withinMs`. */
  recent: readonly number[];
  /** The number of its instances, at any depth, that are being ended for a restart. */
  stopping = 0;
  /** The number of instances of its own workers that are in backoff. */
  backoff = 0;

  constructor(spec: GroupSpec, children: readonly Child[], recent: readonly number[]) {
    this.spec = spec;
    this.children = children;
    this.recent = recent;
    for (const child of children) if (child instanceof Group) child.parent = this;
  }

  /** Whether the failure of one member affects others. */
  get isShared(): boolean {
    return this.spec.strategy !== 'one-for-one';
  }

  /** The names of its workers, at any depth, in order. */
  get workers(): string[] {
    return this.children.flatMap(workersOf);
  }

  /** Returns the workers that the strategy restarts with a child. A child that is a group restarts as a whole. */
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

  /** Counts a restart. Returns false, without counting it, if it exceeds the group's limit. */
  allows(mono: number): boolean {
    const {giveUp} = this.spec;
    if (giveUp === null) return true;
    const recent = this.recent.filter(at => mono - at < giveUp.withinMs);
    if (recent.length >= giveUp.restarts) return false;
    this.recent = [...recent, mono];
    return true;
  }
}

/** Returns the workers of one member of a group. */
export const workersOf = (child: Child): readonly string[] => (child instanceof Group ? child.workers : [child]);

/** Returns the status by which an instance makes others of its group wait, or null. */
export function holds({wanted, status}: Instance): 'stopping' | 'backoff' | null {
  return wanted === 'up' && (status === 'stopping' || status === 'backoff') ? status : null;
}

export class Groups {
  readonly #all = new Map<string, Group>();
  readonly #byWorker = new Map<string, Group>();

  /** @param recent earlier restarts, by group name */
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

  /** The times of restarts by group name. Groups without restarts are omitted. */
  get recent(): ReadonlyMap<string, readonly number[]> {
    const some = [...this.#all.values()].filter(({recent}) => recent.length > 0);
    return new Map(some.map(({spec, recent}) => [spec.name, recent]));
  }

  /** Returns the group of which a worker is a member. */
  of(worker: string): Group | null {
    return this.#byWorker.get(worker) ?? null;
  }

  /** Yields the groups that contain a worker, innermost first. */
  *around(worker: string): Generator<Group, void> {
    for (let group = this.of(worker); group !== null; group = group.parent) yield group;
  }

  /** Resets the restart counts of a worker's groups, after a request or a file change. */
  forgive(worker: string): void {
    for (const group of this.around(worker)) group.recent = [];
  }

  /** Adds an instance to the counts (1) or removes it (-1). */
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
