/** Starts of runs: each is planned, then ordered. A plan that must look at files of others is made while the rest goes on. */
import type {KeeperLink, OrderWithoutLease} from '../keeper/link.ts';
import {SpawnPlans} from '../spawn/plans.ts';
import {needsLooking, planSpawn, planSpawnLooking, type SpawnContext, type SpawnPlan} from '../spawn/spawn-order.ts';
import type {Engine} from '../turn/engine.ts';
import type {OrderBatch} from './order-batch.ts';

/** What the machine lacks is not counted against a worker. */
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

  /** The run is to end; answers whether it was never ordered. */
  callOff(token: string): boolean {
    return this.#plans.callOff(token);
  }

  /** The keeper knows that run: an earlier controller had ordered it, and this one was about to order it again. */
  drop(token: string): void {
    this.#plans.drop(token);
  }

  /** The order; null where there is none, which the core is told. */
  #orderOf(token: string, plan: SpawnPlan): OrderWithoutLease | null {
    if ('order' in plan) return plan.order;
    const {code, message} = plan.failure;
    const shortage = SHORTAGES.has(code);
    this.#options.engine.feed({type: 'spawn-failed', token, code, message, at: Date.now(), shortage});
    return null;
  }
}
