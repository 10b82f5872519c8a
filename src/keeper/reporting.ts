/** Facts for the controller. Those of which no welcome tells are kept while there is none, for the next one. */
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
    // Of all else, its welcome tells the next controller how it is.
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

  /** What the next controller is to be told beside its welcome. */
  takeKept(): Fact[] {
    return this.#kept.splice(0);
  }
}
