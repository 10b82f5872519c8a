/** Checks of effects: what is spawned, ended and signalled, and what is written to the journal. */
import type {JournalEvent} from '../../../src/journal/events.ts';
import type {Effect, Instance, Status} from '../../../src/supervisor/index.ts';
import {goingBefore} from '../audit.ts';
import {promise} from '../failure.ts';
import {heldByGroups} from '../groups.ts';
import {restarted} from '../history.ts';
import type {Moment} from '../moment.ts';
import type {Records} from './records.ts';
import type {Scene} from './scene.ts';
import type {Turns} from './turns.ts';

export class Effects {
  readonly #records: Records;
  readonly #turns: Turns;

  constructor(records: Records, turns: Turns) {
    this.#records = records;
    this.#turns = turns;
  }

  /** @param isHasty whether runs may be ended in any order */
  check(effect: Effect, scene: Scene, isHasty: boolean): void {
    switch (effect.type) {
      case 'journal':
        this.#checkEvent(effect.event, scene);
        return;
      case 'spawn':
        this.#checkSpawn(effect.id, effect.token, scene);
        return;
      case 'end':
        this.#checkEnd(effect.token, scene, isHasty);
        return;
      case 'signal': {
        const before = this.#records.get(scene.core.byToken(effect.token)?.id)?.instance.run;
        promise((before?.alarmAt ?? Infinity) <= scene.time.mono, () => `${effect.token} is signalled too early`);
        return;
      }
      case 'forget':
        promise(
          scene.core.byToken(effect.token) === undefined,
          () => `${effect.token} is forgotten by the keeper alone`,
        );
        return;
      case 'clear':
      case 'probe':
      case 'unprobe':
      case 'watchdog':
      case 'unwatchdog':
      case 'freeze':
      case 'thaw':
    }
  }

  /** Checks a journal event, and records changes of status and automatic restarts. */
  #checkEvent(event: JournalEvent, scene: Scene): void {
    const {input, moment, time} = scene;
    this.#turns.checkJournal(event, scene);
    if (!('worker' in event)) return;
    const instance = 'instance' in event ? event.instance : undefined;
    const id = `${event.worker}/${instance ?? 0}`;
    const record = this.#records.get(id);
    const spec = moment.get(event.worker)?.spec;
    if (record === undefined) {
      // The instance has left within this step.
      promise(!moment.get(event.worker)?.instances.some(i => i.id === id), () => `the journal speaks of ${id}`);
      return;
    }
    promise(!('pid' in event) || event.pid > 0, () => `the journal has a strange pid for ${id}`);
    if (event.type !== 'status-changed') return;
    const {from, to} = event;
    promise(from === record.status && from !== to, () => `${id} was ${record.status}, the journal says ${from}`);
    record.status = statusOf(to);
    if (from === 'failed' && to === 'backoff') {
      // A group above restarts, so the row of restarts begins anew, but the delay does not shrink.
      record.history = {row: 0, recent: [], delayMs: record.history.delayMs};
      this.#turns.checkRestart(record, null, scene);
      return;
    }
    const counts = record.status === 'backoff' && !(input.type === 'spawn-failed' && input.shortage);
    if (!counts || spec === undefined) return;
    record.history = restarted(record.history, id, spec, time.mono);
    this.#turns.checkRestart(record, spec, scene);
  }

  /** Checks that a spawned instance is wanted, that its backoff is over and that all its dependencies are there. */
  #checkSpawn(id: string, token: string, {core, moment, time, scope}: Scene): void {
    const instance = core.get(id);
    const record = this.#records.get(id);
    const {backoff} = record?.instance ?? {};
    const isRequested = scope.up.has(id) || scope.open.has(id);
    promise(isRequested || backoff == null || backoff.until <= time.mono, () => `${id} is restarted before its time`);
    promise(record?.wanted === 'up', () => `${id} is spawned, but nobody wants it up`);
    promise(instance?.run?.token === token, () => `${id} is spawned as ${token}, but the core does not know`);
    const spec = moment.get(instance.worker)?.spec;
    promise(spec !== undefined, () => `${id} is spawned without a definition`);
    promise(
      !heldByGroups(instance, core.fleet().groups, this.#byJournal(moment)),
      () => `${id} is spawned before its group may begin`,
    );
    for (const name of spec.after) this.#checkDependency(id, name, false, moment);
    for (const name of spec.requires) this.#checkDependency(id, name, true, moment);
  }

  #checkDependency(id: string, name: string, isRequired: boolean, moment: Moment): void {
    const up = (moment.get(name)?.instances ?? []).filter(i => i.wanted === 'up');
    // The status at this point of the journal: the dependency may have ended again in the same step.
    const isThere = up.every(i => isPresent(this.#records.get(i.id)?.status)) && !(isRequired && up.length === 0);
    promise(isThere || !moment.has(name), () => `${id} is spawned, but ${name} is not there`);
  }

  /** Returns all instances with their statuses at this point of the journal. */
  #byJournal(moment: Moment): Moment {
    const withStatus = (i: Instance): Instance => ({...i, status: this.#records.get(i.id)?.status ?? i.status});
    return new Map(
      Array.from(moment, ([name, {spec, instances}]) => [name, {spec, instances: instances.map(withStatus)}]),
    );
  }

  /** Checks that a stopped instance is ended after its dependents. */
  #checkEnd(token: string, {core, moment}: Scene, isHasty: boolean): void {
    const instance = core.byToken(token);
    promise(instance?.run?.ending != null, () => `${token} is ended, but the core does not know`);
    const isNew = this.#records.get(instance.id)?.instance.run?.ending == null;
    if (!isNew || instance.run.ending !== 'stop' || isHasty) return;
    const going = goingBefore(instance.worker, moment).map(i => i.id);
    promise(going.length === 0, () => `${instance.id} is ended before ${going.join(', ')}, which depend on it`);
  }
}

const isPresent = (status: Status | undefined): boolean => status === 'ready' || status === 'finished';

const STATUSES: readonly Status[] = [
  'stopped',
  'pending',
  'starting',
  'ready',
  'stopping',
  'backoff',
  'finished',
  'failed',
];

function statusOf(value: unknown): Status {
  const status = STATUSES.find(known => known === value);
  promise(status !== undefined, () => `${String(value)} is no status`);
  return status;
}
