/** Runs that the core ends after a finding: failed health checks, exceeded memory, zombies or a missed deadline. */
import type {Effect, Input, Instance} from '../../../src/supervisor/index.ts';
import {promise} from '../failure.ts';
import {lasted} from '../history.ts';
import type {Records} from './records.ts';
import type {Scene} from './scene.ts';

type Finding = Extract<Input, {type: 'health-failed' | 'memory-exceeded' | 'zombie-left'}>;
type HealthFailed = Extract<Finding, {type: 'health-failed'}>;

/** Checks the consequences of a finding, if the input is one. */
export function checkFinding(records: Records, scene: Scene): void {
  const {input} = scene;
  if (input.type === 'health-failed') checkUnhealthy(input, records, scene);
  else if (input.type === 'memory-exceeded') checkEnded(input, 'memory', records, scene);
  else if (input.type === 'zombie-left') checkEnded(input, 'zombies', records, scene);
}

/** Checks that an unhealthy run is ended if and only if it is ready, not paused and wanted up. */
function checkUnhealthy({token, badForMs}: HealthFailed, records: Records, scene: Scene): void {
  const {effects, core, moment, time} = scene;
  const after = core.byToken(token);
  const record = records.get(after?.id);
  const spec = moment.get(after?.worker ?? '')?.spec;
  if (record === undefined || after === undefined || spec === undefined) return;
  const {run, status} = record.instance;
  if (run?.token !== token || status !== 'ready' || run.pausedAt !== null || record.wanted === 'down') {
    promise(after.run?.ending === run?.ending, () => `${after.id} is ended for its health, while ${status}`);
    return;
  }
  const isEnded = effects.some(effect => effect.type === 'end' && effect.token === token);
  promise(isEnded && after.run?.ending === 'unhealthy', () => `${after.id} is unhealthy, and is not ended`);
  promise(after.unhealthy, () => `${after.id} is not flagged as unhealthy`);
  promise(isJournaled(effects, after, 'health-failed'), () => `the journal does not say that ${after.id} is unhealthy`);
  if (lasted(run, spec, time.mono - badForMs)) record.history = {...record.history, row: 0, delayMs: 0};
}

/** Checks that a run is ended if it is wanted up and not being ended yet. A paused run is ended only for its memory. */
function checkEnded({token, type}: Finding, why: 'memory' | 'zombies', records: Records, {effects, core}: Scene): void {
  const after = core.byToken(token);
  const record = records.get(after?.id);
  const run = record?.instance.run;
  if (record === undefined || after === undefined || run?.token !== token || run.ending !== null) return;
  if (record.wanted === 'down' || (why === 'zombies' && run.pausedAt !== null)) {
    promise(after.run?.ending === null, () => `${after.id} is ended for its ${why} before its turn, or while paused`);
    return;
  }
  const isEnded = effects.some(effect => effect.type === 'end' && effect.token === token);
  promise(isEnded && after.run?.ending === why, () => `${after.id} is not ended for its ${why}`);
  promise(isJournaled(effects, after, type), () => `the journal does not say that ${after.id} is ended for its ${why}`);
}

/** Checks that a run is not ended for a deadline before the deadline, nor for its health without a failed check. */
export function checkEnding({id, run}: Instance, before: Instance, {input, time: {mono}}: Scene): void {
  if (run === null || run.ending === null || before.run?.ending !== null) return;
  if (run.ending === 'not-ready') {
    const due = before.run.pausedAt === null ? (before.run.readyBy ?? Infinity) : Infinity;
    promise(due <= mono, () => `${id} is blamed too early for not being ready`);
  } else if (run.ending === 'max-runtime') {
    promise((before.run.endAt ?? Infinity) <= mono, () => `${id} has not run its time yet`);
  }
  promise(
    run.ending !== 'unhealthy' || (input.type === 'health-failed' && input.token === run.token),
    () => `${id} is ended for its health, of which nobody spoke`,
  );
}

function isJournaled(effects: readonly Effect[], {worker, number}: Instance, type: string): boolean {
  return effects.some(
    effect =>
      effect.type === 'journal' &&
      effect.event.type === type &&
      'worker' in effect.event &&
      'instance' in effect.event &&
      effect.event.worker === worker &&
      effect.event.instance === number,
  );
}
