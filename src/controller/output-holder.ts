/**
 * Holds the FIFOs of all runs open beside the keeper, and reads nothing. What a worker has written and nobody has read
 * is lost when the last descriptor of a FIFO is closed: without this, the last words of a worker that ends while its
 * keeper is being replaced.
 */
import {closeSync, openSync, readdirSync, constants} from 'node:fs';
import {leavesRoom} from './room.ts';
import {fifoPath, STREAMS} from '../logs/layout.ts';
import type {Fact, RunFact} from '../keeper/messages.ts';

export class OutputHolder {
  readonly #folder: string;
  readonly #held = new Map<string, readonly number[]>();

  constructor(runsFolder: string) {
    this.#folder = runsFolder;
  }

  /** What the keeper says of runs. */
  take(fact: Fact): void {
    // The keeper may be replaced before it says which runs there are.
    if (fact.type === 'handshake') this.#holdAll();
    else if (fact.type === 'welcome') this.#holdThese(fact.runs);
    else if (fact.type === 'spawned') this.#hold(fact.token);
    // Its output was drained, or there was none.
    else if (fact.type === 'cleared' || fact.type === 'spawn-failed') this.#release(fact.token);
  }

  #holdThese(runs: readonly RunFact[]): void {
    const living = new Set(runs.filter(run => run.cleared === null && run.failure === null).map(run => run.token));
    for (const token of this.#held.keys()) if (!living.has(token)) this.#release(token);
    for (const token of living) this.#hold(token);
  }

  #holdAll(): void {
    let names: string[] = [];
    try {
      names = readdirSync(this.#folder);
    } catch {
      // There are no runs.
    }
    for (const name of names)
      if (name.endsWith(`.${STREAMS[0] ?? ''}`)) this.#hold(name.slice(0, name.lastIndexOf('.')));
  }

  #hold(token: string): void {
    if (this.#held.has(token)) return;
    const fds: number[] = [];
    try {
      for (const stream of STREAMS) {
        fds.push(openSync(fifoPath(this.#folder, token, stream), constants.O_RDONLY | constants.O_NONBLOCK));
      }
    } catch {
      // It is over already; or no descriptor is left, and then its keeper alone holds it.
    }
    if (!leavesRoom(fds)) for (const fd of fds.splice(0)) closeSync(fd);
    if (fds.length > 0) this.#held.set(token, fds);
  }

  #release(token: string): void {
    for (const fd of this.#held.get(token) ?? []) closeSync(fd);
    this.#held.delete(token);
  }
}
