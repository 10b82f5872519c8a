/** The turns of restarts in the fleet's restart rate, compared with the {@link RateModel}. */
import type {JournalEvent} from '../../../src/journal/events.ts';
import type {WorkerSpec} from '../../../src/fleet/types.ts';
import type {Core, RateLimits} from '../../../src/supervisor/index.ts';
import {RateModel} from '../rate.ts';
import type {InstanceRecord} from './records.ts';
import type {Scene} from './scene.ts';

export class Turns {
  readonly #rate: RateModel;
  /** A restart that was counted will not happen, so the model no longer matches the core. */
  #areLost = false;

  constructor(limits: RateLimits) {
    this.#rate = new RateModel(limits);
  }

  adopt(core: Core): void {
    this.#rate.adopt(core.snapshot());
  }

  /** Adopts the state of the core if turns were lost, or if a command may have returned some. */
  resync({input, core}: Scene): void {
    if (!this.#areLost && ('token' in input || input.type === 'tick')) return;
    this.adopt(core);
    this.#areLost = false;
  }

  checkJournal(event: JournalEvent, {core, time}: Scene): void {
    this.#rate.journal(event, core.instances(), time.mono);
  }

  /**
   * Checks that a restart waits for its turn.
   *
   * @param spec the definition whose backoff limits the wait; null: the wait has no upper limit
   */
  checkRestart({instance: {id}, history}: InstanceRecord, spec: WorkerSpec | null, scene: Scene): void {
    const {core, moment} = scene;
    const {mono} = scene.time;
    const now = core.get(id);
    if (now === undefined) return;
    if (now.backoff === null && now.run === null) {
      // Its group has given up in the same step.
      this.#areLost = true;
      return;
    }
    let instances = 0;
    for (const {instances: some} of moment.values()) instances += some.length;
    const delayMs = now.backoff?.delayMs ?? 0;
    const latest = spec && mono + delayMs * (1 + spec.backoff.jitter) + 1;
    this.#rate.decided(now, {row: history.row, instances, mono, latest});
  }

  /** Counts an instance that restarts along with its group, and notes whether an instance has lost its turn. */
  checkChange({instance: before}: InstanceRecord, {core, time}: Scene): void {
    const now = core.get(before.id) ?? before;
    const goesAlong = now.run?.ending === 'group' && before.run?.ending !== 'group';
    if (goesAlong || (before.status === 'finished' && now.restarts > before.restarts)) this.#rate.charge(time.mono);
    const {backoff} = before;
    this.#areLost ||= backoff?.held === true && backoff.until > time.mono && now.backoff === null;
    this.#rate.checkHeld(now, time.mono);
  }
}
