/**
 * Holds the declared pipes open beside the keeper, and reads nothing. What is in a pipe is lost when its last descriptor
 * is closed: without this, what a worker has written that has ended, for one that is not started yet, when the keeper
 * is replaced.
 */
import {closeSync, constants, existsSync, fstatSync, openSync, readdirSync, statSync} from 'node:fs';
import {join} from 'node:path';
import {leavesRoom} from './room.ts';
import type {Fact} from '../keeper/messages.ts';

/** By the FIFO itself, since another one may come to have its name. */
const idOf = ({dev, ino}: {readonly dev: bigint; readonly ino: bigint}): string => `${dev}:${ino}`;

export class PipeHolder {
  readonly #folder: string;
  readonly #held = new Map<string, number>();

  constructor(channelsFolder: string) {
    this.#folder = channelsFolder;
  }

  /** What the keeper says: with a run, a pipe may have come; when the keeper is to be replaced, all must be held. */
  take(fact: Fact): void {
    if (fact.type !== 'handshake' && fact.type !== 'welcome' && fact.type !== 'spawned') return;
    if (this.#held.size > 0 || existsSync(this.#folder)) this.#look();
  }

  #look(): void {
    const left = new Set(this.#held.keys());
    for (const path of this.#paths()) {
      try {
        const stat = statSync(path, {bigint: true});
        if (stat.isFIFO() && !left.delete(idOf(stat))) this.#hold(path);
      } catch {
        // It was removed in this moment; or no descriptor is left, and then its keeper alone holds it.
      }
    }
    for (const id of left) {
      closeSync(this.#held.get(id) ?? -1);
      this.#held.delete(id);
    }
  }

  #hold(path: string): void {
    const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const id = idOf(fstatSync(fd, {bigint: true}));
    if (leavesRoom([fd]) && !this.#held.has(id)) this.#held.set(id, fd);
    else closeSync(fd);
  }

  #paths(): string[] {
    try {
      return readdirSync(this.#folder).map(name => join(this.#folder, name));
    } catch {
      return [];
    }
  }
}
