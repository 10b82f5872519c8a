/** Rules that decide when a command is done for an instance, and with what result. They read only the state. */
import {doubtsNow, type LastEnds} from '../turn/last-ends.ts';
import type {Outcome} from '../../control/reports.ts';
import {waitsForTime, type Core} from '../../supervisor/index.ts';
import type {Instance} from '../../supervisor/types.ts';

interface Settled {
  readonly ok: boolean;
  readonly reason: string | null;
  /** The command has ended the instance's previous run. */
  readonly anew?: true;
}

/** Returns the result, or null while the command is not done. */
export type Rule = (instance: Instance | undefined, prospects: Prospects) => Settled | null;

const yes = {ok: true, reason: null} as const;

/** Up: ready, or finished well. An instance that waits for what can't come has failed to start. */
export const isUp: Rule = (instance, prospects) => {
  if (!instance) return {ok: false, reason: 'it was removed'};
  switch (instance.status) {
    case 'ready':
    case 'finished':
      return yes;
    case 'failed':
      return {ok: false, reason: instance.reason ?? 'it failed'};
    case 'stopped':
      return {ok: false, reason: instance.reason ?? 'it was stopped'};
    case 'pending': {
      // An instance whose next run is not due yet counts as up.
      if (waitsForTime(instance)) return yes;
      const blocked = prospects.isHopeless(instance.worker) ? prospects.blockedBy(instance) : null;
      return blocked === null ? null : {ok: false, reason: blocked};
    }
    case 'starting':
    case 'stopping':
    case 'backoff':
      return null;
  }
};

/** The prospects of pending instances at one moment. The result of each worker is cached. */
export class Prospects {
  readonly #core: Core;
  readonly #known = new Map<string, boolean>();
  #instances: Map<string, Instance[]> | null = null;

  constructor(core: Core) {
    this.#core = core;
  }

  blockedBy(instance: Instance): string | null {
    return this.#core.blockedBy(instance.id);
  }

  /** Returns whether a dependency of a worker will not come up by itself. */
  isHopeless(worker: string): boolean {
    const known = this.#known.get(worker);
    if (known !== undefined) return known;
    this.#known.set(worker, false);
    const {after, requires} = this.#core.specOf(worker);
    const hopeless =
      requires.some(name => this.#willNotCome(name, true)) || after.some(name => this.#willNotCome(name, false));
    this.#known.set(worker, hopeless);
    return hopeless;
  }

  /** @param needed an instance that was stopped by hand is missed */
  #willNotCome(worker: string, needed: boolean): boolean {
    return this.#instancesOf(worker).some(({status, wanted}) => {
      if (status === 'failed') return true;
      return wanted === 'down' ? needed : status === 'pending' && this.isHopeless(worker);
    });
  }

  #instancesOf(worker: string): readonly Instance[] {
    if (this.#instances === null) {
      this.#instances = new Map();
      for (const instance of this.#core.instances()) {
        const same = this.#instances.get(instance.worker);
        if (same) same.push(instance);
        else this.#instances.set(instance.worker, [instance]);
      }
    }
    return this.#instances.get(worker) ?? [];
  }
}

/** Settled when the instance is up in a new run. */
export const isUpAnew =
  (before: ReadonlyMap<string, string | null>): Rule =>
  (instance, prospects) => {
    const old = instance && before.get(instance.id);
    if (instance && old != null && (instance.run?.token === old || instance.clearing === old)) return null;
    const settled = isUp(instance, prospects);
    return settled && {...settled, anew: true};
  };

/** Settled once the turn of the instance is over; `isReloading` returns whether it is yet to come or to end. */
export function isReloaded(before: readonly Instance[], isReloading: (id: string) => boolean): Rule {
  const earlier = new Map(before.map(instance => [instance.id, instance]));
  const no = (reason: string): {ok: boolean; reason: string} => ({ok: false, reason});
  return instance => {
    if (!instance) return no('it was removed');
    if (isReloading(instance.id)) return null;
    const {run, status, restarts, reason} = instance;
    const old = earlier.get(instance.id);
    if (waitsForTime(instance)) return yes;
    if (run !== null && run.token === old?.run?.token) return no('not reloaded: the reload ended before its turn');
    if (restarts > (old?.restarts ?? 0)) return no(reason ?? 'it ended soon after its start and was restarted');
    return status === 'ready' || status === 'finished' ? {...yes, anew: true} : no(reason ?? `it is ${status}`);
  };
}

/** Settled when the instance is down; fails if processes are left. */
export const isStopped: Rule = instance => {
  if (!instance) return yes;
  if (instance.status === 'stopped') {
    return instance.survivors.length === 0
      ? yes
      : {ok: false, reason: `could not be ended: ${instance.survivors.join(', ')}`};
  }
  return instance.wanted === 'up' ? {ok: false, reason: 'it was started again in the meantime'} : null;
};

/** Settled when the instance is gone, or has been added again by another client. */
export const isGone: Rule = instance => {
  if (!instance) return yes;
  return instance.wanted === 'up' ? {ok: false, reason: 'it was added again in the meantime'} : null;
};

export const isPaused: Rule = instance =>
  instance?.run == null ? {ok: false, reason: 'it is not running'} : instance.run.pausedAt === null ? null : yes;

export const isResumed: Rule = instance =>
  instance?.run == null ? {ok: false, reason: 'it is not running'} : instance.run.pausedAt === null ? yes : null;

/** Returns the outcome of each instance, or null while one is not done. */
export function outcomesOf(
  core: Core,
  ids: readonly string[],
  rule: Rule,
  lastEnds: Pick<LastEnds, 'of'>,
): Outcome[] | null {
  const outcomes: Outcome[] = [];
  const prospects = new Prospects(core);
  for (const id of ids) {
    const instance = core.get(id);
    const done = rule(instance, prospects);
    if (!done) return null;
    const {ok, reason, anew} = done;
    const last = instance ?? lastEnds.of(id);
    const doubts = instance === undefined || instance.status === 'stopped' || anew ? doubtsNow(last?.doubts) : [];
    const survivors = last?.survivors ?? [];
    const left = instance === undefined && survivors.length > 0 ? `could not be ended: ${survivors.join(', ')}` : null;
    // The proof of an earlier run is reported only if there are doubts.
    const isTold = instance === undefined || instance.status === 'stopped' || doubts.length > 0;
    outcomes.push({
      id,
      status: instance?.status ?? 'removed',
      ok: ok && left === null,
      reason: reason ?? left,
      proof: isTold ? (last?.proof ?? null) : null,
      survivors,
      ...(doubts.length > 0 && {doubts}),
    });
  }
  return outcomes;
}

/** Returns the instances for which the command is not done. */
export function waitingFor(core: Core, ids: readonly string[], rule: Rule): Instance[] {
  const prospects = new Prospects(core);
  return ids.flatMap(id => {
    const instance = core.get(id);
    return instance && !rule(instance, prospects) ? [instance] : [];
  });
}
