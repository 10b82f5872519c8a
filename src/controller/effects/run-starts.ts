/** Plans each start of a run, then orders it. A plan that needs files of others is made in the background. */
import type {KeeperLink, OrderWithoutLease} from '../keeper/link.ts';
import {SpawnPlans} from '../spawn/plans.ts';
import {needsLooking, planSpawn, planSpawnLooking, type SpawnContext, type SpawnPlan} from '../spawn/spawn-order.ts';
import type {Engine} from '../turn/engine.ts';
import type {OrderBatch} from './order-batch.ts';

/** Shortages of the machine do not count against a worker. */
const SHORTAGES: ReadonlySet<string> = new Set(['EAGAIN', 'EMFILE', 'ENFILE', 'ENOMEM']);

export interface RunStartsOptions {
  readonly engine: Engine;
  readonly link: KeeperLink;
  readonly context: () => SpawnContext;
}

export class RunStarts {
  readonly #options: RunStartsOptions;
  readonly #plans: SpawnPlans;

  constructor(options: RunStartsOptions) {
    this.#options = options;
    this.#plans = new SpawnPlans({
      plan: subject => planSpawnLooking(subject, options.context()),
      planned: (token, plan) => {
        const order = this.#orderOf(token, plan);
        if (order) options.link.order(order);
      },
    });
  }

  begin(token: string, id: string, batch: OrderBatch): void {
    const {core} = this.#options.engine;
    const instance = core.get(id);
    const spec = instance ? core.specOf(instance.worker) : null;
    if (!instance || !spec) return;
    const subject = {spec, instance, token};
    const context = this.#options.context();
    if (needsLooking(subject, context)) {
      this.#plans.begin(subject);
      return;
    }
    const order = this.#orderOf(token, planSpawn(subject, context));
    if (order) batch.add(order);
  }

  /** Cancels the start of a run that is to end. Returns whether it was never ordered. */
  callOff(token: string): boolean {
    return this.#plans.callOff(token);
  }

  /** Drops the plan of a run that the keeper already has, ordered by an earlier controller. */
  drop(token: string): void {
    this.#plans.drop(token);
  }

  /** Returns the order, or reports the failure to the core and returns null. */
  #orderOf(token: string, plan: SpawnPlan): OrderWithoutLease | null {
    if ('order' in plan) return plan.order;
    const {code, message} = plan.failure;
    const shortage = SHORTAGES.has(code);
    this.#options.engine.feed({type: 'spawn-failed', token, code, message, at: Date.now(), shortage});
    return null;
  }
}
