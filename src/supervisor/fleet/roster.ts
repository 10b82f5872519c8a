/** The members of the fleet: workers in the order of the file, their instances, and counts of them. */
import type {GroupSpec, WorkerSpec} from '../../fleet/types.ts';
import type {Cell, Member} from './cell.ts';
import {DeadlineQueue, nextDue} from './deadlines.ts';
import {Groups, holds} from './groups.ts';
import {isAlive} from '../instance/instance.ts';
import {violationOf} from '../instance/invariants.ts';
import {isHeld} from '../instance/rate.ts';
import {dependenciesOf, standingOf} from './order.ts';
import type {Instance, Time} from '../types.ts';

/** Clocks that are slewed drift apart by less than this for a long time. */
const TOLERANCE_MS = 100;

export class Roster {
  readonly members = new Map<string, Member>();
  readonly cells = new Map<string, Cell>();
  readonly tokens = new Map<string, Cell>();
  readonly deadlines = new DeadlineQueue<Cell>();
  /** Instances that have changed, or whose surroundings have. */
  readonly dirtyCells = new Set<Cell>();
  /** Workers whose standing may have changed. */
  readonly dirtyMembers = new Set<Member>();
  /** Instances that have changed since the last commit. */
  readonly changedCells = new Set<Cell>();
  /** Instances that have changed since their invariants were checked. */
  readonly #unchecked = new Set<Cell>();
  /** Whether workers, their definitions, the set of instances or the order have changed since the last commit. */
  restructured = true;
  groups = new Groups();
  alive = 0;
  /** The number of instances that the fleet's restart rate holds back. */
  held = 0;
  /** Instances that have a schedule and are wanted up. */
  readonly scheduled = new Set<Cell>();
  /** Whether `dependents` are up to date. */
  #isLinked = false;
  /** Wall clock minus CLOCK_MONOTONIC, ms. It converts wall clock times for the queue of deadlines. */
  #offset: number | null = null;

  /** Moves the deadlines of schedules if the wall clock was set. Returns whether it was, or may have been, set back. */
  keepTime(time: Time): boolean {
    const before = this.#offset;
    const now = time.wall - time.mono;
    if (before !== null && Math.abs(now - before) < TOLERANCE_MS) return false;
    this.setOffset(now);
    return before === null || now < before;
  }

  setOffset(offset: number): void {
    this.#offset = offset;
    for (const cell of this.scheduled) this.deadlines.set(cell, this.#dueOf(cell.instance));
  }

  #dueOf(instance: Instance): number | null {
    const due = nextDue(instance)?.at ?? null;
    if (instance.nextRunAt === null) return due;
    return Math.min(due ?? Infinity, instance.nextRunAt - (this.#offset ?? 0));
  }

  addMember(spec: WorkerSpec, added: boolean): Member {
    const member: Member = {
      spec,
      added,
      removed: false,
      cells: [],
      counts: {
        up: {failed: 0, backoff: 0, pending: 0, stopping: 0, starting: 0, ready: 0, finished: 0, stopped: 0},
        wantedUp: 0,
        alive: 0,
        aliveDown: 0,
      },
      dependents: [],
      standing: {kind: 'stopped', words: 'is stopped', heldBy: null, going: 0},
      json: null,
    };
    this.members.set(spec.name, member);
    this.restructured = true;
    this.dirtyMembers.add(member);
    return member;
  }

  addCell(member: Member, instance: Instance): void {
    const cell: Cell = {instance, member, json: null, due: null, place: -1};
    const {cells} = member;
    // A new instance nearly always has the highest number.
    let place = cells.length;
    while (place > 0 && (cells[place - 1]?.instance.number ?? 0) > instance.number) place--;
    cells.splice(place, 0, cell);
    this.cells.set(instance.id, cell);
    this.#unchecked.add(cell);
    this.restructured = true;
    this.#enter(cell);
  }

  /** Replaces an instance by its next state. No other method does. */
  replace(cell: Cell, next: Instance): void {
    if (next === cell.instance) return;
    const held = holds(cell.instance);
    this.#leave(cell);
    cell.instance = next;
    cell.json = null;
    this.changedCells.add(cell);
    this.#unchecked.add(cell);
    this.#enter(cell);
    if (held !== null && holds(next) !== held) this.#release(cell.member);
  }

  /** Checks the invariants of all instances that have changed since the last call. */
  checkInvariants(violated: (words: string) => void): void {
    for (const {instance} of this.#unchecked) {
      const violation = violationOf(instance);
      if (violation !== null) violated(`${instance.id}: ${violation}`);
    }
    this.#unchecked.clear();
  }

  removeCell(cell: Cell): void {
    const {member} = cell;
    this.#leave(cell);
    this.#release(member);
    this.deadlines.set(cell, null);
    this.cells.delete(cell.instance.id);
    this.changedCells.delete(cell);
    this.#unchecked.delete(cell);
    this.restructured = true;
    member.cells.splice(member.cells.indexOf(cell), 1);
    this.dirtyCells.delete(cell);
    if (member.removed && member.cells.length === 0) this.removeMember(member);
  }

  removeMember(member: Member): void {
    this.members.delete(member.spec.name);
    this.restructured = true;
    this.dirtyMembers.delete(member);
    this.#unlink(member);
  }

  /**
   * Removes a worker from the dependents of others, and marks its dependencies and dependents: none waits for it any
   * more.
   */
  #unlink(member: Member): void {
    for (const name of dependenciesOf(member.spec)) {
      const other = this.members.get(name);
      if (other === undefined) continue;
      other.dependents = other.dependents.filter(one => one !== member);
      this.touch(other);
    }
    for (const dependent of member.dependents) if (this.members.has(dependent.spec.name)) this.touch(dependent);
  }

  /** Replaces the groups. Groups that stay keep their restart history. */
  regroup(specs: readonly GroupSpec[], recent = this.groups.recent): void {
    this.groups = new Groups(specs, recent);
    for (const {instance} of this.cells.values()) this.groups.count(instance, 1);
  }

  /** Puts the workers into this order. Workers that are not named follow in their old order. */
  arrange(names: readonly string[]): void {
    this.restructured = true;
    const before = new Map(this.members);
    this.members.clear();
    for (const name of names) {
      const member = before.get(name);
      if (member !== undefined) this.members.set(name, member);
    }
    for (const [name, member] of before) this.members.set(name, member);
  }

  /**
   * Marks the dependents as outdated, after any change of definitions. They are computed once, since one change may
   * affect thousands.
   */
  link(): void {
    this.#isLinked = false;
  }

  #linkAll(): void {
    this.#isLinked = true;
    for (const member of this.members.values()) member.dependents = [];
    for (const member of this.members.values()) {
      for (const name of dependenciesOf(member.spec)) this.members.get(name)?.dependents.push(member);
    }
    this.touchAll();
  }

  /** Marks a worker as changed: its definition, or whether it stays. */
  redefined(member: Member): void {
    member.json = null;
    this.restructured = true;
  }

  /** Marks every worker and instance for reconsideration. */
  touchAll(): void {
    for (const member of this.members.values()) this.touch(member);
  }

  touch(member: Member): void {
    this.dirtyMembers.add(member);
    for (const cell of member.cells) this.dirtyCells.add(cell);
  }

  /** Updates the standing of workers, and marks the instances that a change affects. */
  refresh(): void {
    if (!this.#isLinked) this.#linkAll();
    for (const member of this.dirtyMembers) {
      this.dirtyMembers.delete(member);
      const before = member.standing;
      const now = standingOf(member, this.members);
      member.standing = now;
      if (now.heldBy !== before.heldBy) this.touch(member);
      if (now.kind !== before.kind || now.words !== before.words) member.dependents.forEach(d => this.touch(d));
      if (now.going === 0 && before.going > 0) this.#touchDependencies(member);
    }
  }

  #touchDependencies(member: Member): void {
    for (const name of dependenciesOf(member.spec)) {
      for (const cell of this.members.get(name)?.cells ?? []) this.dirtyCells.add(cell);
    }
  }

  /** Marks pending instances of a worker's groups, which may have waited for one of its instances. */
  #release({spec}: Member): void {
    for (const {isShared, workers} of this.groups.around(spec.name)) {
      if (!isShared) continue;
      for (const name of workers) {
        for (const cell of this.members.get(name)?.cells ?? []) {
          if (cell.instance.status === 'pending') this.dirtyCells.add(cell);
        }
      }
    }
  }

  #enter(cell: Cell): void {
    const {instance, member} = cell;
    this.#count(cell, 1);
    if (instance.run !== null) this.tokens.set(instance.run.token, cell);
    if (instance.clearing !== null) this.tokens.set(instance.clearing, cell);
    if (instance.nextRunAt !== null) this.scheduled.add(cell);
    this.deadlines.set(cell, this.#dueOf(instance));
    this.dirtyCells.add(cell);
    this.dirtyMembers.add(member);
  }

  #leave(cell: Cell): void {
    const {instance} = cell;
    this.#count(cell, -1);
    if (instance.run !== null) this.tokens.delete(instance.run.token);
    if (instance.clearing !== null) this.tokens.delete(instance.clearing);
    this.scheduled.delete(cell);
    this.dirtyMembers.add(cell.member);
  }

  #count({instance, member: {counts}}: Cell, by: 1 | -1): void {
    this.groups.count(instance, by);
    if (isHeld(instance)) this.held += by;
    const up = instance.wanted === 'up';
    if (up) {
      counts.wantedUp += by;
      counts.up[instance.status] += by;
    }
    if (!isAlive(instance)) return;
    this.alive += by;
    counts.alive += by;
    if (!up) counts.aliveDown += by;
  }
}
