/** A run whose main process has ended is ended completely, in a time that the stop timeouts bound. */
import {identity, isStopped, type Observation} from '../observation.ts';
import {listed} from './survivors.ts';

/** The stop timeout (2 s), the time that killed processes may take (5 s), and a generous margin for a busy machine. */
const MOST_MS = 30_000;

export class HeadlessAges {
  #keeper = '';
  #since = new Map<string, number>();

  look({at, members, parts}: Observation): string[] {
    const keeper = parts.keeper[0];
    // Without a keeper that can run, no process can end them.
    const who = keeper && !isStopped(keeper) ? identity(keeper) : '';
    if (who === '' || who !== this.#keeper) this.#since = new Map();
    this.#keeper = who;
    if (who === '') return [];
    const led = new Set(members.filter(({main}) => main).map(({run}) => run));
    const runs = new Set(members.map(({run}) => run).filter(run => !led.has(run)));
    this.#since = new Map([...runs].map(run => [run, this.#since.get(run) ?? at]));
    return [...this.#since].flatMap(([run, since]) =>
      at - since > MOST_MS
        ? [
            `run ${run} has no main process for ${Math.round(at - since)} ms: ${listed(members.filter(one => one.run === run))}`,
          ]
        : [],
    );
  }
}
