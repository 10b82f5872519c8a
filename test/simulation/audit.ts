/**
 * Invariants of the whole fleet after every step. The core checks those of each instance itself
 * (src/supervisor/instance/invariants.ts). These are written independently of the core, and examine all instances each
 * time.
 */
import type {WorkerSpec} from '../../src/fleet/types.ts';
import type {Core, Instance} from '../../src/supervisor/index.ts';
import {promise} from './failure.ts';
import {heldByGroups} from './groups.ts';
import type {Moment} from './moment.ts';

export function momentOf(core: Core): Moment {
  const moment = new Map<string, {spec: WorkerSpec; instances: Instance[]}>();
  for (const spec of core.workers()) moment.set(spec.name, {spec, instances: []});
  for (const instance of core.instances()) moment.get(instance.worker)?.instances.push(instance);
  return moment;
}

export function isAlive({run, clearing}: Instance): boolean {
  return run !== null || clearing !== null;
}

const upOnes = (worker: string, moment: Moment): readonly Instance[] =>
  moment.get(worker)?.instances.filter(i => i.wanted === 'up') ?? [];

/** Whether a worker can't be up because something that it requires is gone, however far down. */
export function isHeld(spec: WorkerSpec, moment: Moment): boolean {
  return spec.requires.some(name => moment.has(name) && isGone(name, moment));
}

/** Whether those that require a worker can't be up. */
function isGone(name: string, moment: Moment): boolean {
  const entry = moment.get(name);
  if (entry === undefined) return false;
  const up = upOnes(name, moment);
  if (up.every(i => i.status === 'failed')) return true;
  return !up.every(i => i.status === 'finished') && isHeld(entry.spec, moment);
}

/** Whether all that a worker depends on is there. */
export function mayStart(spec: WorkerSpec, moment: Moment): boolean {
  const isThere = (name: string): boolean => {
    const entry = moment.get(name);
    if (entry === undefined) return true;
    const up = upOnes(name, moment);
    const done = up.every(i => i.status === 'finished');
    return done || (up.every(i => i.status === 'ready' || i.status === 'finished') && !isHeld(entry.spec, moment));
  };
  return spec.after.every(isThere) && spec.requires.every(isThere) && !isHeld(spec, moment);
}

/** Whether it is not its time, and nobody has asked for it. */
const waitsForTime = (i: Instance, {schedule}: WorkerSpec): boolean => schedule !== null && !i.released;

/** Instances that depend on a worker, are to go down and are not yet: it may not be ended before them. */
export function goingBefore(worker: string, moment: Moment): Instance[] {
  const going: Instance[] = [];
  for (const {spec, instances} of moment.values()) {
    if (!spec.after.includes(worker) && !spec.requires.includes(worker)) continue;
    const held = isHeld(spec, moment);
    for (const i of instances) if (isAlive(i) && (held || i.wanted === 'down')) going.push(i);
  }
  return going;
}

/** Whether something that was due for an instance has not been done. */
export function isOverdue({run, backoff, clearing}: Instance, mono: number): boolean {
  if (run === null) return backoff !== null && clearing === null && backoff.until <= mono;
  if (run.pid === null || run.ending !== null) return false;
  const ready = run.pausedAt === null ? [run.readyAt, run.readyBy] : [];
  return [...ready, run.alarmAt, run.endAt].some(at => at !== null && at <= mono);
}

/** All of them together: nobody was forgotten who could start, must end, or has left. */
export function auditFleet(core: Core, moment: Moment): void {
  const {groups} = core.fleet();
  for (const {spec, instances} of moment.values()) {
    let held: boolean | null = null;
    for (const i of instances) {
      if (i.status === 'pending') {
        const free =
          !isAlive(i) && !waitsForTime(i, spec) && mayStart(spec, moment) && !heldByGroups(i, groups, moment);
        promise(!free, () => `${i.id} could start, and nobody starts it`);
        promise(core.blockedBy(i.id) !== null, () => `${i.id} is pending without a reason`);
      } else if (i.run !== null && i.run.ending === null) {
        held ??= isHeld(spec, moment);
        const mustGo = held || i.wanted === 'down';
        promise(!mustGo || goingBefore(spec.name, moment).length > 0, () => `${i.id} must go, and nobody ends it`);
      } else if (i.status === 'stopped') {
        promise(!i.leaving, () => `${i.id} has left, and is still there`);
      }
    }
  }
}
