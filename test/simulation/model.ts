/**
 * What the simulation knows by itself of each instance, so that the core is not asked whether it was right: what is
 * wanted, the statuses as the journal tells them, and the history of restarts.
 */
import type {JournalEvent} from '../../src/journal/events.ts';
import type {WorkerSpec} from '../../src/fleet/types.ts';
import type {Effect, Core, Input, Instance, RateLimits, Status, Time} from '../../src/supervisor/index.ts';
import {auditInstance, goingBefore} from './audit.ts';
import type {Moment} from './moment.ts';
import {CALENDAR, MINUTE_MS, periodOf} from './calendar.ts';
import {promise} from './failure.ts';
import {GroupModel, heldByGroups, type Fate} from './groups.ts';
import {RateModel} from './rate.ts';
import {historyOf, judged, judgedFailure, lasted, restarted, type History} from './history.ts';

interface Known {
  /** As it was after the last step. */
  instance: Instance;
  /** As it was before that. */
  before: Instance;
  wanted: 'up' | 'down';
  /** By the journal. */
  status: Status;
  history: History;
  /** The last time of its schedule for which it was run (wall clock, ms). */
  ranFor: number | null;
}

/** Whose wishes and histories an input may change, by instance id. */
export interface Scope {
  readonly up: ReadonlySet<string>;
  readonly down: ReadonlySet<string>;
  /** Either may have come of it: what others require, what a fleet file changed. */
  readonly open: ReadonlySet<string>;
}

/** One input and what came of it. */
export interface Scene {
  readonly input: Input;
  readonly effects: readonly Effect[];
  readonly core: Core;
  readonly time: Time;
  readonly moment: Moment;
  readonly scope: Scope;
}

export class Model {
  readonly #known = new Map<string, Known>();
  readonly #groups = new GroupModel();
  readonly #rate: RateModel;
  #turnsLost = false;
  /** `down --now` waits for nobody. */
  hasty = false;

  constructor(limits: RateLimits) {
    this.#rate = new RateModel(limits);
  }

  /** Takes over what a core says, as after a restore: its journal lines may be lost. */
  adopt(core: Core): void {
    this.#known.clear();
    for (const instance of core.instances()) this.#meet(instance);
    this.#groups.adopt(core.snapshot());
    this.#rate.adopt(core.snapshot());
  }

  check(scene: Scene): void {
    for (const known of this.#known.values()) forgetLater(known, scene.time);
    const changed: Known[] = [];
    let present = 0;
    for (const {instances} of scene.moment.values()) {
      for (const instance of instances) {
        present++;
        const known = this.#known.get(instance.id);
        if (known?.instance === instance) continue;
        changed.push(this.#wishes(known, instance, scene.scope));
        auditInstance(instance);
      }
    }
    const fate = this.#failure(scene);
    if (scene.input.type === 'health-failed') this.#unhealthy(scene.input, scene);
    if (scene.input.type === 'memory-exceeded') this.#endedFor(scene.input, 'memory', scene);
    if (scene.input.type === 'zombie-left') this.#endedFor(scene.input, 'zombies', scene);
    for (const effect of scene.effects) this.#effect(effect, scene);
    for (const known of changed) this.#turns(known, scene);
    for (const known of changed) this.#settled(known, scene, fate);
    this.#shared(changed, fate, scene);
    if (this.#known.size > present) this.#dropGone(scene.core);
    // What people ask for gives back the turns of those whom it concerns.
    if (this.#turnsLost || (!('token' in scene.input) && scene.input.type !== 'tick')) {
      this.#rate.adopt(scene.core.snapshot());
      this.#turnsLost = false;
    }
    if (scene.input.type !== 'tick') return;
    const now = new Set(changed);
    for (const known of this.#known.values()) {
      untimelySchedule(known, now.has(known) ? known.before : known.instance, scene);
    }
  }

  #meet(instance: Instance): Known {
    const {id, wanted, status} = instance;
    const ranFor = instance.lastDueAt;
    const known = {instance, before: instance, wanted, status, history: historyOf(instance), ranFor};
    this.#known.set(id, known);
    return known;
  }

  #wishes(known: Known | undefined, instance: Instance, {up, down, open}: Scope): Known {
    const {id, wanted} = instance;
    if (known === undefined) {
      promise(open.has(id), () => `${id} came from nowhere`);
      const status = wanted === 'up' ? 'pending' : 'stopped';
      return this.#meet({...instance, run: null, clearing: null, status});
    }
    if (open.has(id)) known.wanted = wanted;
    else if (up.has(id)) known.wanted = 'up';
    else if (down.has(id)) known.wanted = 'down';
    promise(known.wanted === wanted, () => `${id} is wanted ${known.wanted}, but the core wants it ${wanted}`);
    return known;
  }

  /** An end that nobody wanted is judged by the policy, and may concern the groups: what that means for others. */
  #failure({input, core, moment, time}: Scene): Fate | null {
    // What people ask for may forgive.
    if (!('token' in input) && input.type !== 'tick') this.#groups.adopt(core.snapshot());
    if (input.type !== 'exited' && input.type !== 'spawn-failed') return null;
    const after =
      core.byToken(input.token) ??
      [...this.#known.values()].find(({instance}) => instance.run?.token === input.token)?.instance;
    const known = this.#known.get(after?.id ?? '');
    const now = core.get(after?.id ?? '');
    const spec = moment.get(after?.worker ?? '')?.spec;
    if (known?.instance.run?.token !== input.token || now === undefined || spec === undefined) return null;
    const {run} = known.instance;
    if (input.type === 'spawn-failed') {
      if (run.pid !== null || input.shortage || known.wanted === 'down' || run.ending !== null) return null;
      const status = judgedFailure(known.history, spec, time.mono);
      return this.#fate(now, status, spec, core, time);
    }
    if (lasted(run, spec, time.mono)) known.history = {...known.history, row: 0, delayMs: 0};
    const {ending} = run;
    const meant = ending !== null && ['stop', 'restart', 'changed', 'group', 'watch'].includes(ending);
    const expected =
      meant || known.wanted === 'down'
        ? 'stopping'
        : ending === 'gave-up'
          ? 'failed'
          : judged(run, input, known.history, spec, time.mono);
    const fate = ending === 'gave-up' ? null : this.#fate(now, expected, spec, core, time);
    // The groups may see it otherwise than the worker's own policy.
    const final =
      fate === null || !(fate.handedUp || fate.kind === 'give-up')
        ? expected
        : fate.kind === 'restart'
          ? 'backoff'
          : 'failed';
    promise(now.status === final, () => `${now.id} should be ${final} after this end, but is ${now.status}`);
    return fate;
  }

  #fate({worker}: Instance, status: Status, spec: WorkerSpec, core: Core, {mono}: Time): Fate | null {
    if (status !== 'backoff' && (status !== 'failed' || spec.restart === 'never')) return null;
    return this.#groups.fateOf(worker, status === 'failed', core.fleet().groups, mono);
  }

  /** Those whom it concerns are ended or given up, and nobody else is. */
  #shared(changed: readonly Known[], fate: Fate | null, {input, core}: Scene): void {
    const ending = fate?.kind === 'give-up' ? 'gave-up' : 'group';
    const before = new Map(changed.map(known => [known.instance.id, known.before]));
    for (const {id, worker, run, wanted, status} of core.instances()) {
      const earlier = before.get(id);
      const isNew = earlier !== undefined && earlier.run?.token !== run?.token;
      if (run !== null && (run.ending === 'group' || run.ending === 'gave-up')) {
        const known = earlier === undefined || earlier.run?.ending === run.ending;
        promise(
          known || (fate?.workers.has(worker) === true && run.ending === ending),
          () => `${id} is ended: ${run.ending}`,
        );
      }
      const failed = 'token' in input && earlier?.run?.token === input.token;
      if (
        fate?.workers.has(worker) !== true ||
        wanted === 'down' ||
        (failed && !fate.handedUp && fate.kind === 'restart')
      )
        continue;
      promise(
        run === null || run.ending !== null || isNew,
        () => `${id} is not ended, though its group ${fate.kind === 'restart' ? 'restarts' : 'gave up'}`,
      );
      if (run === null && fate.kind === 'give-up') {
        promise(status === 'failed' || status === 'finished', () => `${id} is ${status}, though its group gave up`);
      }
    }
  }

  /** Who is ready, not paused and wanted up is ended for it; nobody else is. */
  #unhealthy({token, badForMs}: Extract<Input, {type: 'health-failed'}>, {effects, core, moment, time}: Scene): void {
    const after = core.byToken(token);
    const known = this.#known.get(after?.id ?? '');
    const spec = moment.get(after?.worker ?? '')?.spec;
    if (known === undefined || after === undefined || spec === undefined) return;
    const {run, status} = known.instance;
    if (run?.token !== token || status !== 'ready' || run.pausedAt !== null || known.wanted === 'down') {
      promise(after.run?.ending === run?.ending, () => `${after.id} is ended for its health, while ${status}`);
      return;
    }
    const ended = effects.some(effect => effect.type === 'end' && effect.token === token);
    promise(ended && after.run?.ending === 'unhealthy', () => `${after.id} is unhealthy, and is not ended`);
    promise(after.unhealthy, () => `${after.id} is not flagged as unhealthy`);
    promise(told(effects, after, 'health-failed'), () => `the journal does not say that ${after.id} is unhealthy`);
    if (lasted(run, spec, time.mono - badForMs)) known.history = {...known.history, row: 0, delayMs: 0};
  }

  /** Who is wanted up and is not being ended already is ended for what was found of it; who is paused, for its memory alone. */
  #endedFor({token, type}: {token: string; type: string}, why: 'memory' | 'zombies', {effects, core}: Scene): void {
    const after = core.byToken(token);
    const known = this.#known.get(after?.id ?? '');
    const run = known?.instance.run;
    if (known === undefined || after === undefined || run?.token !== token || run.ending !== null) return;
    if (known.wanted === 'down' || (why === 'zombies' && run.pausedAt !== null)) {
      promise(after.run?.ending === null, () => `${after.id} is ended for its ${why} before its turn, or while paused`);
      return;
    }
    const ended = effects.some(effect => effect.type === 'end' && effect.token === token);
    promise(ended && after.run?.ending === why, () => `${after.id} is not ended for its ${why}`);
    promise(told(effects, after, type), () => `the journal does not say that ${after.id} is ended for its ${why}`);
  }

  #effect(effect: Effect, scene: Scene): void {
    switch (effect.type) {
      case 'journal':
        this.#journal(effect.event, scene);
        return;
      case 'spawn':
        this.#spawn(effect.id, effect.token, scene);
        return;
      case 'end':
        this.#end(effect.token, scene);
        return;
      case 'signal': {
        const before = this.#known.get(scene.core.byToken(effect.token)?.id ?? '')?.instance.run;
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

  #journal(event: JournalEvent, scene: Scene): void {
    const {input, core, moment, time} = scene;
    this.#rate.journal(event, core.instances(), time.mono);
    if (!('worker' in event)) return;
    const instance = 'instance' in event ? event.instance : undefined;
    const id = `${event.worker}/${instance ?? 0}`;
    const known = this.#known.get(id);
    const spec = moment.get(event.worker)?.spec;
    if (known === undefined) {
      // It left within this step.
      promise(!moment.get(event.worker)?.instances.some(i => i.id === id), () => `the journal speaks of ${id}`);
      return;
    }
    promise(!('pid' in event) || event.pid > 0, () => `the journal has a strange pid for ${id}`);
    if (event.type !== 'status-changed') return;
    const {from, to} = event;
    promise(from === known.status && from !== to, () => `${id} was ${known.status}, the journal says ${from}`);
    known.status = statusOf(to);
    if (from === 'failed' && to === 'backoff') {
      // Its group was handed up, and it with it: from the beginning, but not sooner.
      known.history = {row: 0, recent: [], delayMs: known.history.delayMs};
      this.#restarted(known, null, scene);
      return;
    }
    const counts = known.status === 'backoff' && !(input.type === 'spawn-failed' && input.shortage);
    if (!counts || spec === undefined) return;
    known.history = restarted(known.history, id, spec, time.mono);
    this.#restarted(known, spec, scene);
  }

  /** Its turn in the fleet is as the rate has it. */
  #restarted({instance: {id}, history}: Known, spec: WorkerSpec | null, {core, moment, time: {mono}}: Scene): void {
    const now = core.get(id);
    if (now === undefined) return;
    if (now.backoff === null && now.run === null) {
      // Its group has given up in the same step.
      this.#turnsLost = true;
      return;
    }
    let instances = 0;
    for (const {instances: some} of moment.values()) instances += some.length;
    const delayMs = now.backoff?.delayMs ?? 0;
    const latest = spec && mono + delayMs * (1 + spec.backoff.jitter) + 1;
    this.#rate.decided(now, {row: history.row, instances, mono, latest});
  }

  #spawn(id: string, token: string, {core, moment, time, scope}: Scene): void {
    const instance = core.get(id);
    const {backoff} = this.#known.get(id)?.instance ?? {};
    const asked = scope.up.has(id) || scope.open.has(id);
    promise(asked || backoff == null || backoff.until <= time.mono, () => `${id} is restarted before its time`);
    promise(this.#known.get(id)?.wanted === 'up', () => `${id} is spawned, but nobody wants it up`);
    promise(instance?.run?.token === token, () => `${id} is spawned as ${token}, but the core does not know`);
    const spec = moment.get(instance.worker)?.spec;
    promise(spec !== undefined, () => `${id} is spawned without a definition`);
    const check = (name: string, required: boolean): void => {
      const up = (moment.get(name)?.instances ?? []).filter(i => i.wanted === 'up');
      // As it was at this point of the journal: in the same step it may have ended again.
      const there = up.every(i => isThere(this.#known.get(i.id)?.status)) && !(required && up.length === 0);
      promise(there || !moment.has(name), () => `${id} is spawned, but ${name} is not there`);
    };
    promise(
      !heldByGroups(instance, core.fleet().groups, this.#byJournal(moment)),
      () => `${id} is spawned before its group may begin`,
    );
    for (const name of spec.after) check(name, false);
    for (const name of spec.requires) check(name, true);
  }

  /** Everybody with the status that the journal has told so far. */
  #byJournal(moment: Moment): Moment {
    const said = (i: Instance): Instance => ({...i, status: this.#known.get(i.id)?.status ?? i.status});
    return new Map(Array.from(moment, ([name, {spec, instances}]) => [name, {spec, instances: instances.map(said)}]));
  }

  #end(token: string, {core, moment}: Scene): void {
    const instance = core.byToken(token);
    promise(instance?.run?.ending != null, () => `${token} is ended, but the core does not know`);
    const isNew = this.#known.get(instance.id)?.instance.run?.ending == null;
    if (!isNew || instance.run.ending !== 'stop' || this.hasty) return;
    const going = goingBefore(instance.worker, moment).map(i => i.id);
    promise(going.length === 0, () => `${instance.id} is ended before ${going.join(', ')}, which depend on it`);
  }

  #settled(known: Known, {input, core, moment, time, scope}: Scene, fate: Fate | null): void {
    const before = known.instance;
    const instance = core.get(before.id) ?? before;
    const {id, run, row, delayMs} = instance;
    promise(known.status === instance.status, () => `${id} is ${instance.status}, the journal says ${known.status}`);
    const scoped = scope.up.has(id) || scope.open.has(id);
    const begins = instance.released && !before.released && !scoped;
    if (begins) known.ranFor = begunFor(before, instance, known.ranFor, moment.get(before.worker)?.spec, input, time);
    if ((scoped || begins) && row === 0 && instance.recent.length === 0) known.history = historyOf(instance);
    promise(row === known.history.row, () => `${id} has ${row} restarts in a row, there were ${known.history.row}`);
    promise(delayMs >= known.history.delayMs, () => `the delay of ${id} shrinks to ${delayMs} in a row of restarts`);
    known.history = {...known.history, delayMs};
    const more = instance.restarts - before.restarts;
    const withGroup = fate?.kind === 'restart' && fate.workers.has(before.worker);
    promise(
      more === 0 ||
        (more === 1 && (withGroup || instance.exit !== before.exit)) ||
        (more === 2 && withGroup && fate.handedUp),
      () => `${id} has ${more} more restarts`,
    );
    if (run !== null && run.ending !== null && before.run?.ending === null) {
      untimely(id, before, run.ending, time.mono);
      promise(
        run.ending !== 'unhealthy' || (input.type === 'health-failed' && input.token === run.token),
        () => `${id} is ended for its health, of which nobody spoke`,
      );
    }
    known.before = before;
    known.instance = instance;
  }

  /** Whoever goes along with its group counts; and who loses the turn that it waited for does no more. */
  #turns({instance: before}: Known, {core, time}: Scene): void {
    const now = core.get(before.id) ?? before;
    const goesAlong = now.run?.ending === 'group' && before.run?.ending !== 'group';
    if (goesAlong || (before.status === 'finished' && now.restarts > before.restarts)) this.#rate.charge(time.mono);
    const {backoff} = before;
    this.#turnsLost ||= backoff?.held === true && backoff.until > time.mono && now.backoff === null;
    this.#rate.checkHeld(now, time.mono);
  }

  #dropGone(core: Core): void {
    for (const [id, {status}] of this.#known) {
      if (core.get(id) !== undefined) continue;
      promise(status === 'stopped', () => `${id} has left while ${status}`);
      this.#known.delete(id);
    }
  }
}

/** For which time of its schedule it begins by itself: one of this minute, and each only once. */
function begunFor(
  {id, status}: Instance,
  now: Instance,
  ranFor: number | null,
  spec: WorkerSpec | undefined,
  input: Input,
  {wall}: Time,
): number | null {
  const schedule = spec?.schedule ?? null;
  promise(schedule !== null, () => `${id} is released, and has no schedule`);
  // A run that began before is none more.
  if (input.type === 'spawned' || status === 'backoff' || now.lastDueAt === null) return ranFor;
  promise(input.type === 'tick', () => `${id} begins by its schedule because of ${input.type}`);
  const due = Math.floor(wall / periodOf(schedule)) * periodOf(schedule);
  promise(wall - due < MINUTE_MS, () => `${id} makes up for a run that it has missed`);
  promise(!isOver(due, ranFor), () => `${id} runs for ${due} again`);
  return due;
}

/** A clock that was wrong by hours has said nothing. */
function forgetLater(known: Known, {wall}: Time): void {
  const waits = known.instance.nextRunAt !== null;
  if (waits && known.ranFor !== null && known.ranFor - wall > 180 * MINUTE_MS) known.ranFor = null;
}

/** A minute that was run for is over, also if the clock says it again. */
const isOver = (due: number, ranFor: number | null): boolean => ranFor !== null && due <= ranFor;

/** After a tick: who waited and was due has begun, and nobody waits for a later time than the next. */
function untimelySchedule({instance, ranFor}: Known, before: Instance, {moment, time: {wall}}: Scene): void {
  const schedule = moment.get(instance.worker)?.spec.schedule ?? null;
  const {id, nextRunAt, released} = instance;
  promise((nextRunAt !== null) === (schedule !== null && instance.wanted === 'up'), () => `${id} has ${nextRunAt}`);
  if (schedule === null || nextRunAt === null) return;
  let next = CALENDAR.next(schedule, wall);
  while (isOver(next, ranFor)) next += periodOf(schedule);
  promise(nextRunAt === next, () => `${id} is to run at ${nextRunAt}, but its schedule says ${next}`);
  const due = before.nextRunAt;
  if (due === null || before.status !== 'pending' || before.released || due > wall || wall - due >= MINUTE_MS) return;
  promise(released, () => `${id} was due at ${due}, and was not run`);
}

/** A run is not ended for a deadline before that has passed. */
function untimely(id: string, {run}: Instance, ending: string, mono: number): void {
  if (ending === 'not-ready') {
    const due = run?.pausedAt === null ? (run.readyBy ?? Infinity) : Infinity;
    promise(due <= mono, () => `${id} is blamed too early for not being ready`);
  } else if (ending === 'max-runtime') {
    promise((run?.endAt ?? Infinity) <= mono, () => `${id} has not run its time yet`);
  }
}

const told = (effects: readonly Effect[], {worker, number}: Instance, type: string): boolean =>
  effects.some(
    effect =>
      effect.type === 'journal' &&
      effect.event.type === type &&
      'worker' in effect.event &&
      'instance' in effect.event &&
      effect.event.worker === worker &&
      effect.event.instance === number,
  );

const isThere = (status: Status | undefined): boolean => status === 'ready' || status === 'finished';

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
