/** The fleet under blows: what the imp reaches for, what it has set going, and what it has thereby touched. */
import {writeFileSync} from 'node:fs';
import {join} from 'node:path';
import type {Arena, Edition} from './arena.ts';
import type {Observer, PartName} from './observation.ts';
import type {Places, Wanted} from './wanted.ts';
import {look, send, type Seen} from '../end-to-end/processes.ts';

/** Something that must have gone well in the end: it is tried until it does. */
export interface Errand {
  readonly words: string;
  /** Null: done; else why not yet. */
  attempt(): Promise<string | null>;
}

export class Field {
  readonly arena: Arena;
  readonly observer: Observer;
  readonly wanted: Wanted;
  readonly places: Places;
  /** Instances whose processes may end and begin in this round. */
  readonly touched = new Set<string>();
  /** Main processes that were sent a signal, by instance: a shell acts on it when its child has ended, rounds later. */
  readonly #signalled = new Map<string, Seen>();
  /** To be done one after the other: what the model says holds once all of them are. */
  readonly errands: Errand[] = [];
  #working = false;
  /** What will be undone by itself (a stopped process, a full disk). */
  readonly #undoing = new Set<Promise<void>>();
  /** The anchor was killed since the last `up`: by design it does not come back. */
  anchorKilled = false;
  keeperKilled = false;
  /** Parts that may have died in this round. */
  readonly killed = new Set<PartName>();
  /** No anchor lived at some moment of this round. */
  #anchorless = false;
  /** The file may have been applied at any moment of this round, or may not: it must be, before anything is said. */
  unsureWhetherApplied = false;
  /** Which copy of the program commands are from. */
  edition: Edition = 'a';
  /** No other blow in this round. */
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

  /** All has settled: what was touched may be touched no longer. */
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
   * Neither anchor nor keeper nor controller may have lived at some moment of this round. Nothing else holds the pipes of
   * runs that end meanwhile: what they wrote and was not moved yet is not promised (docs/decisions/0034).
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

  /** Sends a signal to one part of the supervisor, as it is to be seen now. */
  signalPart(name: PartName, signal: NodeJS.Signals): Seen | null {
    return this.signalParts([name], signal)[0] ?? null;
  }

  /** The same to several at once. */
  signalParts(names: readonly PartName[], signal: NodeJS.Signals): Seen[] {
    const parts = this.observer.parts();
    // Where there are two, one is about to leave.
    const hit = names.flatMap(name =>
      [...parts[name]].sort((a, b) => Number(b.startTime) - Number(a.startTime)).slice(0, 1),
    );
    if (signal === 'SIGKILL') {
      // Stopped first, so that none of them sees another one die.
      if (hit.length > 1) for (const seen of hit) send(seen, 'SIGSTOP');
      if (names.includes('anchor')) this.anchorKilled = this.#anchorless = true;
      if (names.includes('keeper')) this.keeperKilled = true;
      for (const name of names) this.killed.add(name);
    }
    for (const seen of hit) send(seen, signal);
    return hit;
  }

  /** Lets go on what was stopped, whoever has continued it meanwhile. */
  resume(stopped: readonly Seen[]): void {
    for (const seen of stopped) send(seen, 'SIGCONT');
  }

  /** What is to be undone after so long, and before the round is judged. */
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

  /** Tries what is to be done, one after the other; answers why it does not go on, or null when all is done. */
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
   * A command that is to go well in the end.
   *
   * @param ids instances that it names: an `up` meanwhile applies the file, and those that were there by scale are gone.
   */
  ask(words: readonly string[], ids: readonly string[] = []): void {
    const {edition} = this;
    const left = new Set(ids);
    this.errands.push({
      words: `brood ${[...words, ...ids].join(' ').slice(0, 200)}`,
      attempt: async () => {
        if (ids.length > 0 && left.size === 0) return null;
        const {code, out, err} = await this.arena.run([...words, ...left], edition);
        // Its time is over, but it was understood: what it waits for, the run itself will look for.
        if (code === 0 || (code === 124 && err.includes('still waiting for'))) return null;
        const gone = /no instance (\S+);/.exec(err)?.[1];
        if (gone !== undefined && this.unsureWhetherApplied) left.delete(gone);
        return `exit ${code}: ${(out + err).slice(0, 600)}`;
      },
    });
  }

  /** The file, as it is described now, is written and applied. */
  apply(): void {
    this.#edit();
    this.ask(APPLY);
  }

  /** The same by SIGHUP. A signal may be lost with the process that it was for: only if nothing else happens it counts. */
  applyBySignal(part: PartName): void {
    this.#edit();
    this.errands.push({
      words: `SIGHUP to the ${part}`,
      // Without an anchor, the keeper hears it.
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

/** One that crashes all the time is never up together with all the others, so the waiting has an end. */
export const APPLY = ['apply', '--timeout', '1s'];
