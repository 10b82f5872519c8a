/** Checks of states that must never occur, made continuously, beside the blows. */
import {HeadlessAges} from './checks/headless.ts';
import {doubledMains, mainsOf} from './checks/mains.ts';
import {twoRuns} from './checks/survivors.ts';
import {ZombieAges} from './checks/zombies.ts';
import type {Logs} from './logs.ts';
import type {Observer} from './observation.ts';

const LOGS_MS = 100;
const LOOK_MS = 400;

export class Watch {
  readonly #observer: Observer;
  readonly #logs: Logs;
  readonly #zombies = new ZombieAges();
  readonly #headless = new HeadlessAges();
  readonly #lastSeen = new Map<string, number>();
  readonly #timers: NodeJS.Timeout[] = [];
  /** All findings; none is ever removed. */
  readonly findings: string[] = [];
  looks = 0;
  mostProcesses = 0;

  constructor(observer: Observer, logs: Logs) {
    this.#observer = observer;
    this.#logs = logs;
  }

  begin(): void {
    this.#timers.push(setInterval(() => this.#guard(() => this.findings.push(...this.#logs.poll())), LOGS_MS));
    this.#timers.push(setInterval(() => this.#guard(() => this.#look()), LOOK_MS));
  }

  end(): void {
    for (const timer of this.#timers) clearInterval(timer);
  }

  /** When a main process of the instance was last seen; null: never. */
  lastSeen(id: string): number | null {
    return this.#lastSeen.get(id) ?? null;
  }

  #look(): void {
    const observation = this.#observer.look();
    this.looks++;
    this.mostProcesses = Math.max(this.mostProcesses, observation.members.length);
    for (const id of mainsOf(observation).keys()) this.#lastSeen.set(id, observation.at);
    this.findings.push(
      ...doubledMains(observation),
      ...twoRuns(observation),
      ...this.#zombies.look(observation),
      ...this.#headless.look(observation),
    );
  }

  /** A check that throws counts as a finding. */
  #guard(check: () => void): void {
    try {
      check();
    } catch (error) {
      this.findings.push(
        `a check has failed itself: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
      );
    }
  }
}
