/** The fleet under blows: the imp's access to it, the effects under way, and the instances touched by them. */
import {writeFileSync} from 'node:fs';
import {join} from 'node:path';
import type {Arena, Edition} from './arena.ts';
import type {Observer, PartName} from './observation.ts';
import type {Places, Wanted} from './wanted.ts';
import {look, send, type Seen} from '../end-to-end/processes.ts';

/** An action that must succeed in the end: it is retried until it does. */
export interface Errand {
  readonly words: string;
  /** Returns null when done, or why it is not done yet. */
  attempt(): Promise<string | null>;
}

export class Field {
  readonly arena: Arena;
  readonly observer: Observer;
  readonly wanted: Wanted;
  readonly places: Places;
  /** Instances whose processes may end and start in this round. */
  readonly touched = new Set<string>();
  /** Signalled main processes, by instance: a shell acts on a signal only when its child has ended, rounds later. */
  readonly #signalled = new Map<string, Seen>();
  /** Actions in order; the model holds once all of them are done. */
  readonly errands: Errand[] = [];
  #working = false;
  /** Effects that end by themselves (a stopped process, a full disk). */
  readonly #undoing = new Set<Promise<void>>();
  /** The anchor was killed since the last `up`. By design it is not restarted. */
  anchorKilled = false;
  keeperKilled = false;
  /** Parts that may have died in this round. */
  readonly killed = new Set<PartName>();
  /** There was no anchor at some moment of this round. */
  #anchorless = false;
  /** The file may or may not have been applied in this round: it must be applied before the round is judged. */
  unsureWhetherApplied = false;
  /** The copy of the program that commands are run from. */
  edition: Edition = 'a';
  /** This round has no other blow. */
  alone = false;

  constructor(arena: Arena, observer: Observer, wanted: Wanted, places: Places) {
    this.arena = arena;
    this.observer = observer;
    this.wanted = wanted;
    this.places = places;
  }

  writeFile(): void {
    writeFileSync(this.#file, this.wanted.toFile(this.places));
  }

  /** Starts a round once the fleet has settled: no instance counts as touched any more. */
  begin(alone: boolean): void {
    this.alone = alone;
    this.touched.clear();
    for (const [id, seen] of this.#signalled) {
      if (look(seen.pid)?.startTime === seen.startTime) this.touched.add(id);
      else this.#signalled.delete(id);
    }
    this.killed.clear();
    this.#anchorless = this.anchorKilled;
  }

  /**
   * Anchor, keeper and controller may all have been dead at some moment of this round. Then nothing holds the pipes of
   * runs that end in the meantime: output not moved yet is not promised (docs/decisions/0034).
   */
  get unenforced(): boolean {
    return this.#anchorless && this.killed.has('keeper') && this.killed.has('controller');
  }

  touch(ids: Iterable<string>): void {
    for (const id of ids) this.touched.add(id);
  }

  /** Sends a signal to the main process of an instance, which may end of it at any later time. */
  signalWorker(id: string, seen: Seen, signal: NodeJS.Signals): void {
    this.touch([id]);
    this.#signalled.set(id, seen);
    send(seen, signal);
  }

  /** Sends a signal to one current part of the supervisor. */
  signalPart(name: PartName, signal: NodeJS.Signals): Seen | null {
    return this.signalParts([name], signal)[0] ?? null;
  }

  /** Sends a signal to several parts at once. */
  signalParts(names: readonly PartName[], signal: NodeJS.Signals): Seen[] {
    const parts = this.observer.parts();
    // If there are two, the older is about to exit.
    const hit = names.flatMap(name =>
      [...parts[name]].sort((a, b) => Number(b.startTime) - Number(a.startTime)).slice(0, 1),
    );
    if (signal === 'SIGKILL') {
      // SIGSTOP first, so that none of them sees another die.
      if (hit.length > 1) for (const seen of hit) send(seen, 'SIGSTOP');
      if (names.includes('anchor')) this.anchorKilled = this.#anchorless = true;
      if (names.includes('keeper')) this.keeperKilled = true;
      for (const name of names) this.killed.add(name);
    }
    for (const seen of hit) send(seen, signal);
    return hit;
  }

  /** Continues stopped processes, even if something else has continued them in the meantime. */
  resume(stopped: readonly Seen[]): void {
    for (const seen of stopped) send(seen, 'SIGCONT');
  }

  /** Schedules the end of an effect. The round is judged after it. */
  undoAfter(ms: number, undo: () => void): void {
    const done = new Promise<void>(resolve => {
      setTimeout(() => {
        undo();
        resolve();
      }, ms);
    });
    this.#undoing.add(done);
    void done.then(() => this.#undoing.delete(done));
  }

  async undone(): Promise<void> {
    while (this.#undoing.size > 0) await Promise.all(this.#undoing);
  }

  /** Attempts the errands in order. Returns why they are stuck, or null when all are done. */
  async work(): Promise<string | null> {
    if (this.#working) return 'an errand is under way';
    this.#working = true;
    try {
      for (let errand = this.errands[0]; errand; errand = this.errands[0]) {
        const problem = await errand.attempt();
        if (problem !== null) return `${errand.words}: ${problem}`;
        this.errands.shift();
      }
      return null;
    } finally {
      this.#working = false;
    }
  }

  /**
   * Adds a command that must succeed in the end.
   *
   * @param ids its instances; an `up` in the meantime applies the file, which removes those added by scale
   */
  ask(words: readonly string[], ids: readonly string[] = []): void {
    const {edition} = this;
    const left = new Set(ids);
    this.errands.push({
      words: `brood ${[...words, ...ids].join(' ').slice(0, 200)}`,
      attempt: async () => {
        if (ids.length > 0 && left.size === 0) return null;
        const {code, out, err} = await this.arena.run([...words, ...left], edition);
        // The command timed out but was accepted: the run itself checks the state that it waits for.
        if (code === 0 || (code === 124 && err.includes('still waiting for'))) return null;
        const gone = /no instance (\S+);/.exec(err)?.[1];
        if (gone !== undefined && this.unsureWhetherApplied) left.delete(gone);
        return `exit ${code}: ${(out + err).slice(0, 600)}`;
      },
    });
  }

  /** Writes the file as described now, and applies it. */
  apply(): void {
    this.#edit();
    this.ask(APPLY);
  }

  /**
   * Does the same by SIGHUP. A signal may be lost with its receiver, so it is relied on only if nothing else happens.
   */
  applyBySignal(part: PartName): void {
    this.#edit();
    this.errands.push({
      words: `SIGHUP to the ${part}`,
      // Without an anchor, the keeper takes the signal.
      attempt: () => {
        const hit = this.signalPart(part, 'SIGHUP') ?? (part === 'anchor' ? this.signalPart('keeper', 'SIGHUP') : null);
        return Promise.resolve(hit ? null : `there is no ${part}`);
      },
    });
    if (!this.alone) this.unsureWhetherApplied = true;
  }

  #edit(): void {
    this.touch(this.wanted.apply());
    const content = this.wanted.toFile(this.places);
    this.errands.push({
      words: 'the file is edited',
      attempt: () => {
        writeFileSync(this.#file, content);
        return Promise.resolve(null);
      },
    });
  }

  get #file(): string {
    return join(this.arena.folder, 'brood.yaml');
  }
}

/** A worker that crashes all the time is never up together with all others, so the wait is limited. */
export const APPLY = ['apply', '--timeout', '1s'];
