/**
 * The heart: the state of a whole fleet, and what follows when something is said of it. Pure: facts and commands come
 * in with the time at which they are handled, effects go out, nothing else is touched.
 */
import type {FleetSpec, WorkerSpec} from '../fleet/types.ts';
import {obey, type Command} from './fleet/commands.ts';
import {nextDue} from './fleet/deadlines.ts';
import type {LifeEvent} from './instance/events.ts';
import {headOf, type FleetHead, type Stopping} from './fleet/head.ts';
import {newInstance} from './instance/instance.ts';
import {step} from './instance/lifecycle.ts';
import {blockedBy, mayEnd} from './fleet/order.ts';
import {failureOf, heldByGroup, share} from './fleet/group-effects.ts';
import {NO_RESTARTS, RestartRate, type RateLimits, type Storm} from './instance/rate.ts';
import {concerns, roll, withMore, without, type Reload} from './fleet/reloading.ts';
import type {Cell, Member} from './fleet/cell.ts';
import {Roster} from './fleet/roster.ts';
import type {Calendar} from './calendar.ts';
import {waitsForTime} from './instance/scheduling.ts';
import {SnapshotWriter, type Rest} from './snapshot.ts';
import type {Effect, FoundRun, Input, Instance, Time} from './types.ts';

/** What the heart can't make up itself. */
export interface HeartOptions {
  /** A random token that no run has had. */
  readonly newToken: () => string;
  /** 0 (inclusive) to 1 (exclusive), for the jitter of delays. */
  readonly random: () => number;
  readonly calendar: Calendar;
  /** How fast the machine may be asked to restart workers. */
  readonly limits: RateLimits;
}

/** What is said of a run, by the keeper or by a probe. */
type Fact = Extract<Input, {readonly token: string}>;

const CLEARING_WORDS = 'waits until nothing is left of its last run';

/** A new heart for a fleet: all is wanted up, and begins with the first {@link Heart.handle}. */
export function createHeart(fleet: FleetSpec, options: HeartOptions): Heart {
  const roster = new Roster();
  for (const spec of fleet.workers) {
    const member = roster.addMember(spec, false);
    for (let number = 1; number <= spec.instances; number++) {
      roster.addCell(member, newInstance(spec.name, number, 'up'));
    }
  }
  roster.regroup(fleet.groups);
  return new Heart(headOf(fleet), 'no', roster, options);
}

export class Heart {
  readonly #roster: Roster;
  readonly #options: HeartOptions;
  readonly #writer = new SnapshotWriter();
  #head: FleetHead;
  #stopping: Stopping;
  #fleet: FleetSpec | null = null;
  #reload: Reload | null;
  readonly #rate: RestartRate;

  /** Use {@link createHeart} or `restoreHeart`. */
  constructor(
    head: FleetHead,
    stopping: Stopping,
    roster: Roster,
    options: HeartOptions,
    {reload, rate}: Pick<Rest, 'reload' | 'rate'> = {reload: null, rate: NO_RESTARTS},
  ) {
    this.#reload = reload;
    this.#rate = new RestartRate(options.limits, rate, () => roster.cells.size);
    this.#head = head;
    this.#stopping = stopping;
    this.#roster = roster;
    this.#options = options;
    roster.regroup(head.groups);
    roster.link();
  }

  /**
   * Takes in one fact, command or tick. What is returned is to be done in this order, and only after the state that
   * wants it ({@link Heart.snapshot}) was committed.
   */
  handle(input: Input, time: Time): Effect[] {
    const effects: Effect[] = [];
    if (this.#roster.keepTime(time)) this.#reschedule(time, effects);
    if (input.type === 'tick') this.#fireDeadlines(time, effects);
    else if (input.type === 'found') this.#takeOver(input.runs, time, effects);
    else if ('token' in input) this.#takeFact(input, time, effects);
    else this.#obey(input, time, effects);
    this.#settle(time, effects);
    this.#roll(time, effects);
    if (this.#roster.held === 0) this.#rate.calm(time.mono);
    return effects;
  }

  /** All instances, in the order of the fleet file, then by number. */
  *instances(): Generator<Instance, void> {
    for (const {cells} of this.#roster.members.values()) {
      for (const {instance} of cells) yield instance;
    }
  }

  get(id: string): Instance | undefined {
    return this.#roster.cells.get(id)?.instance;
  }

  /** The instance to which a run belongs: its current one, or the one that is being cleared. */
  byToken(token: string): Instance | undefined {
    return this.#roster.tokens.get(token)?.instance;
  }

  /**
   * The definition that a worker's next run will have.
   *
   * @throws Error when there is no such worker; ask {@link Heart.workers} first.
   */
  specOf(worker: string): WorkerSpec {
    const member = this.#roster.members.get(worker);
    if (member === undefined) throw new Error(`no worker ${worker} in this fleet`);
    return member.spec;
  }

  /** The groups that a worker is in, from within. */
  groupsOf(worker: string): string[] {
    return Array.from(this.#roster.groups.around(worker), ({spec}) => spec.name);
  }

  /** The definitions of all workers, also of those that leave but are not down yet. */
  workers(): WorkerSpec[] {
    return Array.from(this.#roster.members.values(), ({spec}) => spec);
  }

  /** The fleet as it is defined now: by its file, `add` and `remove`. */
  fleet(): FleetSpec {
    this.#fleet ??= {...this.#head, workers: this.#staying().map(({spec}) => spec)};
    return this.#fleet;
  }

  /** Names of the workers that `add` brought. */
  added(): string[] {
    return this.#staying()
      .filter(({added}) => added)
      .map(({spec}) => spec.name);
  }

  /** `down` was asked for. */
  get isStopping(): boolean {
    return this.#stopping !== 'no';
  }

  /** `down` was asked for, and nothing lives any more. */
  get isDown(): boolean {
    return this.isStopping && this.#roster.alive === 0;
  }

  /** When the next tick is due (CLOCK_MONOTONIC, ms; it may have passed), or null. */
  nextDeadline(): number | null {
    if (this.#roster.dirtyCells.size > 0) return 0;
    const due = this.#roster.deadlines.first()?.due ?? null;
    const next = Math.min(due ?? Infinity, this.#reload?.turn?.goodAt ?? Infinity, this.#rate.overAt ?? Infinity);
    return next === Infinity ? null : next;
  }

  /** Restarts are held back, or were until a moment ago; null: none are. */
  get storm(): Storm | null {
    return this.#rate.state.storm;
  }

  /** Whether a reload is under way in which its turn has yet to come, or to end. */
  isReloading(id: string): boolean {
    return this.#reload !== null && concerns(this.#reload, id);
  }

  /** Why a pending instance waits, in words; null where it is not pending, or starts with the next step. */
  blockedBy(id: string): string | null {
    const cell = this.#roster.cells.get(id);
    if (cell?.instance.status !== 'pending') return null;
    this.#roster.refresh();
    return this.#blocked(cell);
  }

  /** The whole state as JSON text, for `restoreHeart`. */
  snapshot(): string {
    return this.#writer.write(this.#head, this.#rest());
  }

  /**
   * What has changed since {@link Heart.committed}, for `withChanges`; null where the whole state is to be committed.
   */
  changes(): string | null {
    return this.#writer.changes(this.#rest());
  }

  /** The state as it is now was committed, whole or as changes to what was committed before. */
  committed(): void {
    this.#writer.committed(this.#roster);
  }

  #rest(): Rest {
    return {stopping: this.#stopping, roster: this.#roster, reload: this.#reload, rate: this.#rate.state};
  }

  #staying(): Member[] {
    return [...this.#roster.members.values()].filter(({removed}) => !removed);
  }

  #takeFact(fact: Fact, time: Time, effects: Effect[]): void {
    const {token} = fact;
    const cell = this.#roster.tokens.get(token);
    if (cell === undefined) {
      // Its end was committed long ago: the keeper need not keep it.
      if (fact.type === 'exited' || fact.type === 'cleared' || fact.type === 'spawn-failed') {
        effects.push({type: 'forget', token});
      }
      return;
    }
    const current = cell.instance.run?.token === token;
    if (fact.type === 'cleared') {
      // Nothing is left of a run whose end nobody told: so it has ended, who knows how.
      if (current) this.#apply(cell, {type: 'exited', token, code: null, signal: null, at: time.wall}, time, effects);
      this.#apply(cell, fact, time, effects);
    } else if (current) {
      this.#apply(cell, fact, time, effects);
    }
  }

  /** All of them before anything follows, so that none is started beside one that lives. */
  #takeOver(runs: readonly FoundRun[], time: Time, effects: Effect[]): void {
    for (const {id, token, missed} of runs) {
      const cell = this.#roster.cells.get(id) ?? this.#superfluous(id);
      if (cell !== undefined) this.#apply(cell, {type: 'found', token, missed}, time, effects);
    }
  }

  /** A place for an instance that the fleet has no more, so that it is ended as any other; none for a strange worker. */
  #superfluous(id: string): Cell | undefined {
    const [worker = '', number] = id.split('/');
    const member = this.#roster.members.get(worker);
    if (member === undefined) return undefined;
    this.#roster.addCell(member, {...newInstance(worker, Number(number), 'down'), leaving: true});
    return this.#roster.cells.get(id);
  }

  #fireDeadlines(time: Time, effects: Effect[]): void {
    const over = this.#rate.end(time);
    if (over !== null) effects.push({type: 'journal', event: over});
    for (;;) {
      const cell = this.#roster.deadlines.first();
      if (cell?.due == null || cell.due > time.mono) return;
      const {nextRunAt} = cell.instance;
      if (nextRunAt !== null && nextRunAt <= time.wall) {
        this.#apply(cell, {type: 'schedule-due'}, time, effects);
        continue;
      }
      const due = nextDue(cell.instance);
      if (due === null || due.at > time.mono) {
        // Its time was reckoned a little too early.
        this.#roster.setOffset(time.wall - time.mono);
        continue;
      }
      if (due.event === 'backoff-due') {
        this.#roster.refresh();
        this.#consider(cell, time, effects);
      } else {
        this.#apply(cell, {type: due.event}, time, effects);
      }
    }
  }

  /** The clock was, or may have been, set back: times that were gone may come again. */
  #reschedule(time: Time, effects: Effect[]): void {
    for (const cell of [...this.#roster.scheduled]) {
      const {nextRunAt} = cell.instance;
      if (nextRunAt !== null && nextRunAt > time.wall) this.#apply(cell, {type: 'reschedule'}, time, effects);
    }
  }

  #obey(command: Command, time: Time, effects: Effect[]): void {
    obey(command, {
      roster: this.#roster,
      stopping: this.#stopping,
      head: this.#head,
      apply: (cell, event) => this.#apply(cell, event, time, effects),
      journal: event => effects.push({type: 'journal', event}),
      define: head => {
        if (head !== this.#head) this.#roster.regroup(head.groups);
        this.#head = head;
        this.#fleet = null;
        this.#writer.forgetHead();
      },
      stop: stopping => {
        this.#stopping = stopping;
        this.#reload = null;
      },
      reload: ids => {
        this.#reload = withMore(this.#reload, ids);
      },
      withdraw: ids => {
        if (this.#reload !== null) this.#reload = without(this.#reload, ids);
      },
    });
  }

  /** Until nothing more follows from what has changed: spawns what may start, ends what must go, drops what has left. */
  #settle(time: Time, effects: Effect[]): void {
    const {dirtyCells} = this.#roster;
    this.#roster.refresh();
    for (const cell of dirtyCells) {
      dirtyCells.delete(cell);
      this.#consider(cell, time, effects);
      this.#roster.refresh();
    }
  }

  #roll(time: Time, effects: Effect[]): void {
    if (this.#reload === null) return;
    this.#reload = roll(this.#reload, {
      roster: this.#roster,
      mono: time.mono,
      restart: cell => this.#apply(cell, {type: 'restart', why: 'restart', stay: false}, time, effects),
      journal: event => effects.push({type: 'journal', event}),
    });
    this.#settle(time, effects);
  }

  #consider(cell: Cell, time: Time, effects: Effect[]): void {
    const {member} = cell;
    if (cell.instance.wanted === 'up' && cell.instance.nextRunAt === null && member.spec.schedule !== null) {
      this.#apply(cell, {type: 'reschedule'}, time, effects);
    }
    const {instance} = cell;
    const {run, status, wanted, backoff} = instance;
    if (run !== null) {
      const {heldBy} = member.standing;
      if (run.ending !== null || (wanted === 'up' && heldBy === null)) return;
      const now = this.#stopping === 'now';
      if (!now && !mayEnd(cell)) return;
      this.#apply(cell, {type: 'end', reason: wanted === 'up' ? heldBy : null, now}, time, effects);
    } else if (status === 'pending' || (backoff !== null && instance.clearing === null && backoff.until <= time.mono)) {
      const reason = this.#blocked(cell);
      this.#apply(cell, reason === null ? {type: 'spawn'} : {type: 'wait', reason}, time, effects);
    } else if (status === 'stopped' && instance.leaving) {
      this.#roster.removeCell(cell);
      this.#fleet = null;
    }
  }

  #blocked(cell: Cell): string | null {
    const {instance} = cell;
    if (instance.clearing !== null) return CLEARING_WORDS;
    if (waitsForTime(instance)) return `next run at ${this.#options.calendar.words(instance.nextRunAt ?? 0)}`;
    return blockedBy(cell.member, this.#roster.members) ?? heldByGroup(cell, this.#roster);
  }

  #apply(cell: Cell, event: LifeEvent, time: Time, effects: Effect[]): void {
    const context = {
      spec: cell.member.spec,
      now: time,
      newToken: this.#options.newToken,
      random: this.#options.random,
      calendar: this.#options.calendar,
      rate: this.#rate,
    };
    const before = cell.instance;
    const [next, more] = step(before, event, context);
    this.#roster.replace(cell, next);
    for (const effect of more) effects.push(effect);
    const began = this.#rate.note(before, next, time);
    if (began !== null) effects.push({type: 'journal', event: began});
    const failure = failureOf(before, next, event, context.spec);
    if (failure === null) return;
    share(cell, failure, {
      roster: this.#roster,
      mono: time.mono,
      apply: (other, shared) => this.#apply(other, shared, time, effects),
      journal: record => effects.push({type: 'journal', event: record}),
    });
  }
}
