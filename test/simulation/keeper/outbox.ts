/** The facts that the keeper has sent and the controller has not read yet, in order. */
import type {Prng} from '../prng.ts';
import type {Fact, FakeRun} from './run.ts';

export class Outbox {
  readonly #rng: Prng;
  readonly #facts: Fact[] = [];

  constructor(rng: Prng) {
    this.#rng = rng;
  }

  get isEmpty(): boolean {
    return this.#facts.length === 0;
  }

  /** Removes and returns the oldest fact. */
  take(): Fact | undefined {
    return this.#facts.shift();
  }

  /** Drops all facts, as the loss of the connection does. */
  clear(): void {
    this.#facts.length = 0;
  }

  /** Sends a fact and records it with its run. */
  report(run: FakeRun, fact: Fact): void {
    run.reported.push(fact);
    this.#facts.push(fact);
  }

  /** Sends whether a run is paused. The fact is not recorded: {@link resend} derives it from the state of the run. */
  reportPause({token, frozen}: FakeRun): void {
    this.#facts.push({type: frozen ? 'paused' : 'continued', token});
  }

  /** Sends all recorded facts of a run again, some spawns as adopted ones. */
  resend(run: FakeRun): void {
    for (const fact of run.reported) {
      this.#facts.push(fact.type === 'spawned' && this.#rng.chance(0.2) ? {...fact, adopted: true} : fact);
    }
    if (run.phase === 'running') this.reportPause(run);
  }
}
