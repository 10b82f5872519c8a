/** What nobody tells is looked for every 5 s: what is due, whether the control socket is still there, zombies. */
import {complain, noteRepaired} from './complaints.ts';
import type {Engine} from './engine.ts';
import type {Readings} from './readings.ts';
import {ZombieWatch} from './zombie-watch.ts';
import type {ControlServer} from '../control/server.ts';
import {listPids} from '../process/table.ts';

const SWEEP_MS = 5_000;

export interface SweepHost {
  readonly engine: Engine;
  readonly readings: Readings;
  readonly server: ControlServer;
}

export class Sweep {
  readonly #host: SweepHost;
  readonly #zombies = new ZombieWatch();
  readonly #timer: NodeJS.Timeout;

  constructor(host: SweepHost) {
    this.#host = host;
    this.#timer = setInterval(() => this.now(), SWEEP_MS);
  }

  now(): void {
    const {engine, readings} = this.#host;
    const {heart} = engine;
    if (heart.isStopping) return;
    engine.feed({type: 'tick'});
    void this.#holdSocket();
    const owners = readings.owners(heart.instances());
    for (const event of this.#zombies.look(heart, listPids(), pid => owners.get(pid) ?? null)) {
      engine.note(event);
    }
  }

  end(): void {
    clearInterval(this.#timer);
  }

  async #holdSocket(): Promise<void> {
    const {engine, server} = this.#host;
    try {
      if (await server.holdPlace()) noteRepaired(engine, 'socket', 'the control socket was gone, or another one');
    } catch (error) {
      complain('the control socket can not be put back', error);
    }
  }
}
