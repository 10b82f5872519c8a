/** The results of one instance's health checks. */
import type {HealthReport} from '../../control/reports.ts';

interface Failure {
  /** Wall clock, ms. */
  readonly at: number;
  readonly message: string;
}

/** Failures that are kept, of this run and those before it: enough to see that a worker flaps. */
const REMEMBERED = 10;

export class HealthRecord {
  #checks = 0;
  #failures = 0;
  readonly #recent: Failure[] = [];

  /** Failures in a row. */
  get failures(): number {
    return this.#failures;
  }

  /** Starts counting anew for another run or definition. Past failures are kept. */
  restart(): void {
    this.#checks = 0;
    this.#failures = 0;
  }

  well(): void {
    this.#checks++;
    this.#failures = 0;
  }

  failed(message: string, at: number): void {
    this.#checks++;
    this.#failures++;
    this.#recent.push({at, message});
    if (this.#recent.length > REMEMBERED) this.#recent.shift();
  }

  report(limit: number): HealthReport {
    const recent = this.#recent.map(({at, message}) => ({at: new Date(at).toISOString(), message}));
    return {failures: this.#failures, limit, checks: this.#checks, last: recent.at(-1) ?? null, recent};
  }
}
