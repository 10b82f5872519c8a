/** A trace from the kernel's process connector: no process is missed, however briefly it lives. */
import {WholeProcesses} from './live.ts';
import type {TraceHost, TraceSource} from './source.ts';
import {Connector} from '../../posix/connector.ts';
import {Epoll} from '../../posix/epoll.ts';

/** Messages read before the resulting events are written. */
const MOST = 1024;
const SWEEP_MS = 100;

export class ConnectorTrace implements TraceSource {
  readonly #connector: Connector;
  readonly #epoll = new Epoll();
  #host: TraceHost | null = null;
  #processes: WholeProcesses | null = null;
  #sweeper: NodeJS.Timeout | null = null;

  private constructor(connector: Connector) {
    this.#connector = connector;
  }

  /** Starts to listen. Returns the reason if the process connector is not available. */
  static open(): ConnectorTrace | {readonly unavailable: string} {
    const connector = Connector.open({threadEnds: true, changes: true});
    return connector instanceof Connector ? new ConnectorTrace(connector) : connector;
  }

  start(host: TraceHost): void {
    this.#host = host;
    this.#processes = new WholeProcesses({isWanted: host.isWanted, onEvent: event => host.onEvent(event)});
    this.#epoll.add(this.#connector.fd, () => void this.#read(host));
    this.#sweeper = setInterval(() => {
      if (this.#processes?.hasLeaderless !== true) return;
      this.#processes.sweep();
      void host.told();
    }, SWEEP_MS);
  }

  finish(): void {
    this.#connector.read(event => this.#processes?.feed(event));
    void this.#host?.told();
  }

  close(): void {
    this.#host = null;
    if (this.#sweeper) clearInterval(this.#sweeper);
    this.#epoll.remove(this.#connector.fd);
    this.#epoll.close();
    this.#connector.close();
  }

  async #read(host: TraceHost): Promise<void> {
    while (this.#host !== null) {
      const {more, lost} = this.#connector.read(event => this.#processes?.feed(event), MOST);
      if (lost) host.lost();
      await host.told();
      if (more) await new Promise(setImmediate);
      else break;
    }
    if (this.#host !== null) this.#epoll.arm(this.#connector.fd);
  }
}
