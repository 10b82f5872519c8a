/**
 * The core: the state of a whole fleet and its transitions. Pure: facts and commands come in with the time at which
 * they are handled, and effects go out. There are no other side effects.
 */
import type {FleetSpec, WorkerSpec} from '../fleet/types.ts';
import {applyCommand, type Command} from './fleet/commands.ts';
import {fireDeadlines, reschedule} from './fleet/due.ts';
import type {LifeEvent} from './instance/events.ts';
import type {FleetHead, Stopping} from './fleet/head.ts';
import {step} from './instance/lifecycle.ts';
import {reasonToWait} from './fleet/reason-to-wait.ts';
import {nextStep} from './fleet/next-step.ts';
import {takeOver} from './fleet/found-runs.ts';
import {failureOf, share} from './fleet/group-effects.ts';
import {NO_RESTARTS, RestartRate, type Storm} from './instance/rate.ts';
import {concerns, roll, withMore, without, type Reload} from './fleet/reloading.ts';
import type {Cell, Member} from './fleet/cell.ts';
import {Roster} from './fleet/roster.ts';
import type {CoreOptions} from './options.ts';
import {SnapshotWriter, type Rest} from './snapshot.ts';
import type {Effect, Input, Instance, Time} from './types.ts';

/** A fact about a run, from the keeper or a probe. */
type Fact = Extract<Input, {readonly token: string}>;

export class Core {
  readonly #roster: Roster;
  readonly #options: CoreOptions;
  readonly #writer = new SnapshotWriter();
  #head: FleetHead;
  #stopping: Stopping;
  #fleet: FleetSpec | null = null;
  #reload: Reload | null;
  readonly #rate: RestartRate;

  /** Use `createCore` or `restoreCore`. */
  constructor(
    head: FleetHead,
    stopping: Stopping,
    roster: Roster,
    options: CoreOptions,
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
   * Handles one fact, command or tick. The returned effects must be carried out in order, and only after the state that
   * requires them ({@link Core.snapshot}) was committed.
   */
  handle(input: Input, time: Time): Effect[] {
    const effects: Effect[] = [];
    const apply = (cell: Cell, event: LifeEvent): void => this.#apply(cell, event, time, effects);
    if (this.#roster.keepTime(time)) reschedule({roster: this.#roster, time, apply});
    if (input.type === 'tick') this.#tick(time, effects);
    else if (input.type === 'found') takeOver(input.runs, this.#roster, apply);
    else if ('token' in input) this.#takeFact(input, time, effects);
    else this.#command(input, time, effects);
    this.#settle(time, effects);
    this.#roll(time, effects);
    if (this.#roster.held === 0) this.#rate.calm(time.mono);
    this.#roster.checkInvariants(this.#options.violated);
    return effects;
  }

  /** Yields all instances, in the order of the fleet file, then by number. */
  *instances(): Generator<Instance, void> {
    for (const {cells} of this.#roster.members.values()) {
      for (const {instance} of cells) yield instance;
    }
  }

  get(id: string): Instance | undefined {
    return this.#roster.cells.get(id)?.instance;
  }

  /** Returns the instance to which a run belongs: as its current run, or as the one being cleared. */
  byToken(token: string): Instance | undefined {
    return this.#roster.tokens.get(token)?.instance;
  }

  /**
   * Returns the definition for a worker's next run.
   *
   * @throws Error if there is no such worker; check {@link Core.workers} first.
   */
  specOf(worker: string): WorkerSpec {
    const member = this.#roster.members.get(worker);
    if (member === undefined) throw new Error(`no worker ${worker} in this fleet`);
    return member.spec;
  }

  /** Returns the groups that contain a worker, innermost first. */
  groupsOf(worker: string): string[] {
    return Array.from(this.#roster.groups.around(worker), ({spec}) => spec.name);
  }

  /** Returns the definitions of all workers, including removed ones that are not down yet. */
  workers(): WorkerSpec[] {
    return Array.from(this.#roster.members.values(), ({spec}) => spec);
  }

  /** Returns the current definition of the fleet: by its file, `add` and `remove`. */
  fleet(): FleetSpec {
    this.#fleet ??= {...this.#head, workers: this.#staying().map(({spec}) => spec)};
    return this.#fleet;
  }

  added(): string[] {
    return this.#staying()
      .filter(({added}) => added)
      .map(({spec}) => spec.name);
  }

  get isStopping(): boolean {
    return this.#stopping !== 'no';
  }

  /** Whether `down` was requested and nothing lives any more. */
  get isDown(): boolean {
    return this.isStopping && this.#roster.alive === 0;
  }

  /** Returns when the next tick is due (CLOCK_MONOTONIC, ms; possibly in the past), or null. */
  nextDeadline(): number | null {
    if (this.#roster.dirtyCells.size > 0) return 0;
    const due = this.#roster.deadlines.first()?.due ?? null;
    const next = Math.min(due ?? Infinity, this.#reload?.turn?.goodAt ?? Infinity, this.#rate.overAt ?? Infinity);
    return next === Infinity ? null : next;
  }

  /** The current restart storm (restarts are held back, or were until a moment ago), or null. */
  get storm(): Storm | null {
    return this.#rate.state.storm;
  }

  /** Returns whether a reload is under way in which the instance's turn has not ended yet. */
  isReloading(id: string): boolean {
    return this.#reload !== null && concerns(this.#reload, id);
  }

  /** Returns why a pending instance waits, in words, or null if it is not pending or starts with the next step. */
  blockedBy(id: string): string | null {
    const cell = this.#roster.cells.get(id);
    if (cell?.instance.status !== 'pending') return null;
    this.#roster.refresh();
    return reasonToWait(cell, this.#roster, this.#options.calendar);
  }

  /** Returns the whole state as JSON text, for `restoreCore`. */
  snapshot(): string {
    return this.#writer.write(this.#head, this.#rest());
  }

  /** Returns the changes since {@link Core.committed}, for `withChanges`; null: commit the whole state. */
  changes(): string | null {
    return this.#writer.changes(this.#rest());
  }

  /** Marks the current state as committed, whole or as changes to the previous commit. */
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
      // The end of this run was committed before: the keeper need not keep its record.
      if (fact.type === 'exited' || fact.type === 'cleared' || fact.type === 'spawn-failed') {
        effects.push({type: 'forget', token});
      }
      return;
    }
    const current = cell.instance.run?.token === token;
    if (fact.type === 'cleared') {
      // Nothing is left of a run whose exit was not reported: it has ended in an unknown way.
      if (current) this.#apply(cell, {type: 'exited', token, code: null, signal: null, at: time.wall}, time, effects);
      this.#apply(cell, fact, time, effects);
    } else if (current) {
      this.#apply(cell, fact, time, effects);
    }
  }

  #tick(time: Time, effects: Effect[]): void {
    const over = this.#rate.endStorm(time);
    if (over !== null) effects.push({type: 'journal', event: over});
    fireDeadlines({
      roster: this.#roster,
      time,
      apply: (cell, event) => this.#apply(cell, event, time, effects),
      consider: cell => this.#consider(cell, time, effects),
    });
  }

  #command(command: Command, time: Time, effects: Effect[]): void {
    applyCommand(command, {
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
        this.#reload = withMore(this.#reload, ids, this.#roster);
      },
      withdraw: ids => {
        if (this.#reload !== null) this.#reload = without(this.#reload, ids);
      },
    });
  }

  /** Handles changed instances until none is left: spawns, ends or removes them as needed. */
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
    const step = nextStep(cell, {
      time,
      stopping: this.#stopping,
      blocked: one => reasonToWait(one, this.#roster, this.#options.calendar),
    });
    if (step === 'leave') {
      this.#roster.removeCell(cell);
      this.#fleet = null;
    } else if (step !== null) this.#apply(cell, step, time, effects);
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
