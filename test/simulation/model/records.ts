/** The model's own record of each instance. */
import type {Core, Instance, Status} from '../../../src/supervisor/index.ts';
import {promise} from '../failure.ts';
import {historyOf, type History} from '../history.ts';

export interface InstanceRecord {
  /** The instance after the last step that changed it. */
  instance: Instance;
  /** The instance before that step. */
  before: Instance;
  wanted: 'up' | 'down';
  /** The status according to the journal. */
  status: Status;
  history: History;
  /** The last due time of its schedule for which it was run (wall clock, ms). */
  ranFor: number | null;
}

export class Records {
  readonly #records = new Map<string, InstanceRecord>();

  get size(): number {
    return this.#records.size;
  }

  get(id: string | undefined): InstanceRecord | undefined {
    return id === undefined ? undefined : this.#records.get(id);
  }

  all(): Iterable<InstanceRecord> {
    return this.#records.values();
  }

  /** Returns the record of the instance that had the run after the last step. */
  byToken(token: string): InstanceRecord | undefined {
    return [...this.#records.values()].find(({instance}) => instance.run?.token === token);
  }

  /** Replaces all records by the state of a core. */
  adopt(core: Core): void {
    this.#records.clear();
    for (const instance of core.instances()) this.add(instance);
  }

  add(instance: Instance): InstanceRecord {
    const {id, wanted, status, lastDueAt: ranFor} = instance;
    const record = {instance, before: instance, wanted, status, history: historyOf(instance), ranFor};
    this.#records.set(id, record);
    return record;
  }

  /** Removes the records of instances that have left, which must have been stopped. */
  removeGone(core: Core): void {
    for (const [id, {status}] of this.#records) {
      if (core.get(id) !== undefined) continue;
      promise(status === 'stopped', () => `${id} has left while ${status}`);
      this.#records.delete(id);
    }
  }
}
