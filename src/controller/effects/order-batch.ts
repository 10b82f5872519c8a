/** The orders of one turn, sent to the keeper in one write. */
import type {KeeperLink, OrderWithoutLease} from '../keeper/link.ts';

export class OrderBatch {
  readonly #orders: OrderWithoutLease[] = [];
  readonly #forgotten: string[] = [];

  add(order: OrderWithoutLease): void {
    this.#orders.push(order);
  }

  /** Lets the keeper forget this run. All runs of a turn go into one order. */
  forget(token: string): void {
    this.#forgotten.push(token);
  }

  sendTo(link: KeeperLink): void {
    if (this.#forgotten.length > 0) this.#orders.push({type: 'forget', tokens: this.#forgotten});
    link.order(...this.#orders);
  }
}
