/**
 * The model of a story: its own record of each instance, derived from inputs and journal events only, so that the
 * core's results are checked against an independent source.
 */
import type {Core, Instance, RateLimits} from '../../src/supervisor/index.ts';
import {promise} from './failure.ts';
import {GroupModel, type Fate} from './groups.ts';
import {historyOf} from './history.ts';
import {Effects} from './model/effects.ts';
import {checkEnding, checkFinding} from './model/ends.ts';
import {checkFate, Failures} from './model/failures.ts';
import {Records, type InstanceRecord} from './model/records.ts';
import type {Scene, Scope} from './model/scene.ts';
import {checkSchedule, dropFutureTime, releasedFor} from './model/schedule.ts';
import {Turns} from './model/turns.ts';

export class Model {
  readonly #records = new Records();
  readonly #groups = new GroupModel();
  readonly #turns: Turns;
  readonly #failures = new Failures(this.#records, this.#groups);
  readonly #effects: Effects;
  /** The fleet is taken down by `down --now`, which ends all runs at once. */
  isHasty = false;

  constructor(limits: RateLimits) {
    this.#turns = new Turns(limits);
    this.#effects = new Effects(this.#records, this.#turns);
  }

  /** Adopts the state of a core. Needed after a restore, because journal events may be lost. */
  adopt(core: Core): void {
    this.#records.adopt(core);
    this.#groups.adopt(core.snapshot());
    this.#turns.adopt(core);
  }

  /** Checks the effects of an input and all instances that it has changed. */
  check(scene: Scene): void {
    for (const record of this.#records.all()) dropFutureTime(record, scene.time);
    const {changed, present} = this.#checkWantedOfAll(scene);
    const fate = this.#failures.judge(scene);
    checkFinding(this.#records, scene);
    for (const effect of scene.effects) this.#effects.check(effect, scene, this.isHasty);
    for (const record of changed) this.#turns.checkChange(record, scene);
    for (const record of changed) this.#checkChange(record, scene, fate);
    checkFate(changed, fate, scene);
    if (this.#records.size > present) this.#records.removeGone(scene.core);
    this.#turns.resync(scene);
    if (scene.input.type !== 'tick') return;
    const now = new Set(changed);
    for (const record of this.#records.all()) {
      checkSchedule(record, now.has(record) ? record.before : record.instance, scene);
    }
  }

  /** Checks all instances that have changed by themselves. Returns their records and the number of all instances. */
  #checkWantedOfAll({moment, scope}: Scene): {changed: InstanceRecord[]; present: number} {
    const changed: InstanceRecord[] = [];
    let present = 0;
    for (const {instances} of moment.values()) {
      for (const instance of instances) {
        present++;
        const record = this.#records.get(instance.id);
        if (record?.instance === instance) continue;
        changed.push(this.#checkWanted(record, instance, scope));
      }
    }
    return {changed, present};
  }

  /** Checks that an instance is wanted as the last command says. Adds the record of a new instance. */
  #checkWanted(record: InstanceRecord | undefined, instance: Instance, {up, down, open}: Scope): InstanceRecord {
    const {id, wanted} = instance;
    if (record === undefined) {
      promise(open.has(id), () => `${id} came from nowhere`);
      const status = wanted === 'up' ? 'pending' : 'stopped';
      return this.#records.add({...instance, run: null, clearing: null, status});
    }
    if (open.has(id)) record.wanted = wanted;
    else if (up.has(id)) record.wanted = 'up';
    else if (down.has(id)) record.wanted = 'down';
    promise(record.wanted === wanted, () => `${id} is wanted ${record.wanted}, but the core wants it ${wanted}`);
    return record;
  }

  /** Checks an instance against its record and the journal, and updates the record. */
  #checkChange(record: InstanceRecord, scene: Scene, fate: Fate | null): void {
    const {core, scope} = scene;
    const before = record.instance;
    const instance = core.get(before.id) ?? before;
    const {id, row, delayMs} = instance;
    promise(record.status === instance.status, () => `${id} is ${instance.status}, the journal says ${record.status}`);
    const isRequested = scope.up.has(id) || scope.open.has(id);
    const isReleased = instance.released && !before.released && !isRequested;
    if (isReleased) record.ranFor = releasedFor(record, instance, scene);
    if ((isRequested || isReleased) && row === 0 && instance.recent.length === 0) record.history = historyOf(instance);
    promise(row === record.history.row, () => `${id} has ${row} restarts in a row, there were ${record.history.row}`);
    promise(delayMs >= record.history.delayMs, () => `the delay of ${id} shrinks to ${delayMs} in a row of restarts`);
    record.history = {...record.history, delayMs};
    checkRestartCount(instance, before, fate);
    checkEnding(instance, before, scene);
    record.before = before;
    record.instance = instance;
  }
}

/** Checks that a step adds one restart, after an end or with a group, or both if the restart was handed up. */
function checkRestartCount({id, restarts, exit}: Instance, before: Instance, fate: Fate | null): void {
  const more = restarts - before.restarts;
  const isWithGroup = fate?.kind === 'restart' && fate.workers.has(before.worker);
  promise(
    more === 0 || (more === 1 && (isWithGroup || exit !== before.exit)) || (more === 2 && isWithGroup && fate.handedUp),
    () => `${id} has ${more} more restarts`,
  );
}
