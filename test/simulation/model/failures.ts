/** Failures of runs: the expected status after an unwanted end, and its consequences for the groups. */
import type {WorkerSpec} from '../../../src/fleet/types.ts';
import type {Core, Instance, Run, Status, Time} from '../../../src/supervisor/index.ts';
import {promise} from '../failure.ts';
import type {Fate, GroupModel} from '../groups.ts';
import {judged, judgedFailure, lasted} from '../history.ts';
import type {InstanceRecord, Records} from './records.ts';
import type {Scene} from './scene.ts';

export class Failures {
  readonly #records: Records;
  readonly #groups: GroupModel;

  constructor(records: Records, groups: GroupModel) {
    this.#records = records;
    this.#groups = groups;
  }

  /** Checks the status after the end of a run, or after a failed spawn. Returns the consequences for its groups. */
  judge({input, core, moment, time}: Scene): Fate | null {
    // A command may reset the restart counts of groups.
    if (!('token' in input) && input.type !== 'tick') this.#groups.adopt(core.snapshot());
    if (input.type !== 'exited' && input.type !== 'spawn-failed') return null;
    const after = core.byToken(input.token) ?? this.#records.byToken(input.token)?.instance;
    const record = this.#records.get(after?.id);
    const now = core.get(after?.id ?? '');
    const spec = moment.get(after?.worker ?? '')?.spec;
    if (record?.instance.run?.token !== input.token || now === undefined || spec === undefined) return null;
    const {run} = record.instance;
    if (input.type === 'spawn-failed') {
      if (run.pid !== null || input.shortage || record.wanted === 'down' || run.ending !== null) return null;
      const status = judgedFailure(record.history, spec, time.mono);
      return this.#fateOf(now, status, spec, core, time);
    }
    if (lasted(run, spec, time.mono)) record.history = {...record.history, row: 0, delayMs: 0};
    const expected = isRequested(run, record)
      ? 'stopping'
      : run.ending === 'gave-up'
        ? 'failed'
        : judged(run, input, record.history, spec, time.mono);
    const fate = run.ending === 'gave-up' ? null : this.#fateOf(now, expected, spec, core, time);
    const final = overruled(expected, fate);
    promise(now.status === final, () => `${now.id} should be ${final} after this end, but is ${now.status}`);
    return fate;
  }

  #fateOf({worker}: Instance, status: Status, spec: WorkerSpec, core: Core, {mono}: Time): Fate | null {
    if (status !== 'backoff' && (status !== 'failed' || spec.restart === 'never')) return null;
    return this.#groups.fateOf(worker, status === 'failed', core.fleet().groups, mono);
  }
}

/** Returns whether a command, a file change or a group has requested the end of the run, so that no policy applies. */
function isRequested({ending}: Run, {wanted}: InstanceRecord): boolean {
  const isByRequest = ending !== null && ['stop', 'restart', 'changed', 'group', 'watch'].includes(ending);
  return isByRequest || wanted === 'down';
}

/** Returns the status after the groups' decision, which overrules the worker's own policy. */
function overruled(status: Status, fate: Fate | null): Status {
  if (fate === null || !(fate.handedUp || fate.kind === 'give-up')) return status;
  return fate.kind === 'restart' ? 'backoff' : 'failed';
}

/** Checks that all instances concerned by a group's decision are ended or given up, and no others. */
export function checkFate(changed: readonly InstanceRecord[], fate: Fate | null, {input, core}: Scene): void {
  const ending = fate?.kind === 'give-up' ? 'gave-up' : 'group';
  const before = new Map(changed.map(record => [record.instance.id, record.before]));
  for (const {id, worker, run, wanted, status} of core.instances()) {
    const earlier = before.get(id);
    const isConcerned = fate?.workers.has(worker) === true;
    if (run !== null && (run.ending === 'group' || run.ending === 'gave-up')) {
      const isOld = earlier === undefined || earlier.run?.ending === run.ending;
      promise(isOld || (isConcerned && run.ending === ending), () => `${id} is ended: ${run.ending}`);
    }
    if (!isConcerned || wanted === 'down') continue;
    const hasFailed = 'token' in input && earlier?.run?.token === input.token;
    if (hasFailed && !fate.handedUp && fate.kind === 'restart') continue;
    const isNew = earlier !== undefined && earlier.run?.token !== run?.token;
    promise(
      run === null || run.ending !== null || isNew,
      () => `${id} is not ended, though its group ${fate.kind === 'restart' ? 'restarts' : 'gave up'}`,
    );
    if (run === null && fate.kind === 'give-up') {
      promise(status === 'failed' || status === 'finished', () => `${id} is ${status}, though its group gave up`);
    }
  }
}
