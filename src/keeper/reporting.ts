/** Facts for the controller. Without a controller, facts that no welcome covers are kept for the next one. */
import type {Fact} from '../link/facts.ts';
import {writeError} from '../posix/standard-error.ts';
import type {Link} from './controller/link.ts';

const KEPT: ReadonlySet<Fact['type']> = new Set(['repaired', 'channel-lost']);

export class Reporting {
  readonly #link: () => Link;
  readonly #kept: Fact[] = [];

  constructor(link: () => Link) {
    this.#link = link;
  }

  readonly say = (fact: Fact): void => {
    // The welcome gives the next controller the state of everything else.
    if (this.#link().pid === null && KEPT.has(fact.type)) this.#kept.push(fact);
    else this.#link().send(fact);
  };

  readonly repaired = (what: string, message: string): void => {
    writeError(`brood keeper: repaired ${what}: ${message}\n`);
    this.say({type: 'repaired', what, message});
  };

  readonly channelLost = (channel: string, message: string): void => {
    writeError(`brood keeper: channel ${channel} is lost: ${message}\n`);
    this.say({type: 'channel-lost', channel, message});
  };

  /** Removes and returns the kept facts, which follow the next controller's welcome. */
  takeKept(): Fact[] {
    return this.#kept.splice(0);
  }
}
