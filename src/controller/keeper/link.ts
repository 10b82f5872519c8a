/** The controller's end of the link to its keeper. When it closes, the keeper is gone and the controller must end. */
import {Socket} from 'node:net';
import {Lines} from '../../link/lines.ts';
import type {Fact} from '../../link/facts.ts';
import type {Order, Reply} from '../../link/orders.ts';
import {LINK_FD} from '../../link/descriptors.ts';

/** An order without the lease, which the link adds. */
export type OrderWithoutLease = Order extends infer O ? (O extends Order ? Omit<O, 'lease'> : never) : never;
type AskOrder = Extract<OrderWithoutLease, {readonly ask: number}>;
export type Ask = AskOrder extends infer O ? (O extends AskOrder ? Omit<O, 'ask'> : never) : never;

export class KeeperLink {
  readonly #socket: Socket;
  readonly #asked = new Map<number, (reply: Reply) => void>();
  #lease = 0;
  #asks = 0;

  constructor(handlers: {fact: (fact: Fact) => void; lost: () => void}) {
    this.#socket = new Socket({fd: LINK_FD, readable: true, writable: true});
    const lines = new Lines(line => {
      const fact = JSON.parse(line) as Fact; // only our own keeper holds the other end
      if (fact.type === 'welcome') this.#lease = fact.lease;
      if (fact.type === 'reply') {
        this.#asked.get(fact.ask)?.(fact.reply);
        this.#asked.delete(fact.ask);
      } else handlers.fact(fact);
    });
    this.#socket.setEncoding('utf8');
    this.#socket.on('data', (chunk: string) => lines.push(chunk));
    this.#socket.on('error', () => {});
    this.#socket.on('close', handlers.lost);
  }

  /** Sends orders in one write. */
  order(...orders: readonly OrderWithoutLease[]): void {
    if (orders.length === 0) return;
    this.#socket.write(orders.map(order => `${JSON.stringify({lease: this.#lease, ...order})}\n`).join(''));
  }

  /** Sends an order and resolves to its reply. */
  ask(order: Ask): Promise<Reply> {
    const ask = ++this.#asks;
    return new Promise(resolve => {
      this.#asked.set(ask, resolve);
      this.order({...order, ask});
    });
  }
}
