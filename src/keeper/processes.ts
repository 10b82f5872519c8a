/** The processes below the keeper: connects the runs, their leftovers, and the recipients of exit events. */
import type {RunEvents} from './runs/events.ts';
import {SIGKILL, SIGTERM} from '../posix/signal-numbers.ts';
import type {HiddenMembers} from './handover.ts';
import {ConnectorWhenNeeded} from './lineage/connector.ts';
import type {Descendants} from './lineage/descendants.ts';
import {Ladder} from './stop/ladder.ts';
import {ProcessScan} from './lineage/members.ts';
import type {OrphanFact} from '../link/facts.ts';
import {proofOf} from './lineage/proof.ts';
import {Reaper} from './lineage/reaper.ts';
import {RunLives, type RunLivesHost} from './lifecycle/lifecycle.ts';
import {Runs} from './runs/runs.ts';
import {isOver, type Run} from './runs/run.ts';
import {Strays} from './stop/strays.ts';
import {Unattributed} from './lineage/unattributed.ts';
import {signalName, signalNumber} from '../posix/signals.ts';
import type {SignalName} from '../base/signal-name.ts';
import {writeError} from '../posix/standard-error.ts';
import type {Ended} from '../posix/wait.ts';
import {isShortage, type Stat} from '../process/stat.ts';

/** Limit that keeps the list within one argument of execve(2) (128 KiB). */
const MOST_HIDDEN = 3_000;

export interface ProcessesHost extends Omit<RunLivesHost, 'runs' | 'connector' | Exclude<keyof RunEvents, 'emitFact'>> {
  /** Whether libuv waits for this child, which belongs to no run. */
  isSpawned(pid: number): boolean;
  /** Returns the exit callback of a child that an earlier image of this process started for no run, or null. */
  inherited(pid: number): ((end: Ended) => void) | null;
  /** A run is over. */
  over(): void;
  /**
   * Processes of a finished run may live where no search looks; `words` is the reason. `id`: the run's instance, or
   * null if unknown.
   */
  astray(id: string | null, words: string): void;
}

export class Processes {
  readonly runs = new Runs();
  readonly lives: RunLives;
  readonly connector: ConnectorWhenNeeded;
  readonly unattributed: Unattributed;
  readonly #reaper: Reaper;
  readonly #ladder: Ladder;
  readonly #strays: Strays;
  /** Runs whose main processes have ended in this turn. */
  #ended: Run[] = [];
  readonly #isAstray: boolean;

  constructor(host: ProcessesHost) {
    this.#isAstray = host.orphanages.refusal !== null;
    const {runs} = this;
    const isSpawned = (pid: number): boolean => host.isSpawned(pid);
    this.connector = new ConnectorWhenNeeded({
      runs,
      epoll: host.epoll,
      isSpawned,
      gapOf: run => this.unattributed.gapOf(run),
    });
    const events = this.#eventsFor(host);
    this.lives = new RunLives({...host, ...events, runs, connector: this.connector});
    const waiterOf = (pid: number): ((end: Ended) => void) | null => this.lives.waiterOf(pid) ?? host.inherited(pid);
    const descendants = (): Descendants | null => {
      this.connector.now?.catchUp();
      return this.connector.now?.descendants ?? null;
    };
    this.unattributed = new Unattributed({
      runs,
      orphanages: host.orphanages,
      descendants,
      followForks: () => this.connector.need(),
      isOwn: pid => isSpawned(pid) || waiterOf(pid) !== null,
      isSettling: run => (run.exit !== null || run.failure !== null) && this.#ladder.isEnding(run),
      isHidden: ({token}, {pid, startTime}) =>
        host.hidden.get(token)?.some(([own, start]) => own === pid && start === startTime) === true,
      give: (stat, run) => this.#give(stat, run, host),
    });
    this.#reaper = new Reaper({
      runs,
      isSpawned,
      waiterOf,
      ...events,
      descendants,
      attribute: stat => this.unattributed.attribute(stat),
      hidden: pid => this.unattributed.hidden.note(pid, 'keeper'),
    });
    this.#ladder = new Ladder({
      isKnown: pid => isSpawned(pid) || waiterOf(pid) !== null || this.#reaper.isOrphan(pid),
      adoptOrphans: look => this.#adoptOrphans(look),
      proofOf: run => proofOf(run, one => this.unattributed.doubtsOf(one)),
      ...events,
    });
    this.#strays = new Strays(this.#ladder);
  }

  /** Returns the reactions to events of runs. */
  #eventsFor(host: ProcessesHost): RunEvents {
    return {
      emitFact: fact => host.emitFact(fact),
      exited: run => this.#noteEnded(run),
      abandon: run => this.#ladder.endRun(run, SIGKILL, 0),
      becameMain: pid => this.#reaper.becameMain(pid),
      extend: (run, ms) => this.#ladder.extend(run, ms),
      signalFailed: ({token, id}, {pid, signal: number, error}) => {
        const signal = signalName(number);
        // Logged as well: there may be no controller to receive the fact.
        writeError(`brood keeper: ${signal} to process ${pid} (${id}) could not be sent: ${error}\n`);
        host.emitFact({type: 'signal-failed', token, pid, signal, error});
      },
      cleared: (run, cleared) => {
        if (this.#strays.cleared(run, cleared.survivors)) return;
        this.unattributed.judged(run);
        const words = this.unattributed.whyAstray(run);
        if (words !== null) host.astray(run.id === '' ? null : run.id, words);
        this.lives.cleared(run, cleared, () => host.over());
      },
      forgotten: run => {
        this.#reaper.forget(run);
        this.connector.now?.descendants.forget(run);
      },
      orphanEnded: pid => this.unattributed.ended(pid),
    };
  }

  /** Takes over the runs of an earlier keeper. */
  takeUp(): void {
    this.lives.adopt();
    // If the kernel refuses the subreaper flag, the process connector is the only source on the descent of orphans.
    if (this.#isAstray) this.connector.need();
    this.#reaper.childrenChanged();
  }

  /** Returns the living orphans. */
  orphans(): OrphanFact[] {
    return this.#reaper.living();
  }

  /** Returns processes of runs that the next image of this keeper could not attribute by itself. */
  hidden(): HiddenMembers {
    try {
      return this.connector.now?.hidden(MOST_HIDDEN) ?? [];
    } catch (error) {
      if (!isShortage(error)) throw error;
      return [];
    }
  }

  end(run: Run, signal: SignalName, timeoutMs: number): void {
    if (!isOver(run)) this.#ladder.endRun(run, signalNumber(signal) ?? SIGTERM, timeoutMs);
  }

  /** Ends the leftovers of a run whose main process has ended. */
  clear(run: Run, graceMs: number): void {
    if (run.cleared !== null || (run.exit === null && run.failure === null)) return;
    // A clearing under way keeps its deadline, unless the new order allows no grace.
    if (graceMs === 0 || !this.#ladder.isEnding(run)) this.#ladder.endRun(run, SIGTERM, graceMs);
  }

  /** Ends what is left of a stopped fleet. The controller exits by itself. */
  endStrays(controller: number | null, gone: (survivors: readonly string[]) => void): void {
    this.#strays.endStrays(controller, gone);
  }

  /** Handles SIGCHLD. */
  childrenChanged(): void {
    if (this.#reaper.childrenChanged()) this.#ladder.checkWithin(0);
  }

  /** Adopts processes that were orphaned since the last sweep. */
  lookForOrphans(): void {
    try {
      this.#reaper.childrenChanged();
      this.#adoptOrphans(new ProcessScan());
    } catch (error) {
      if (!isShortage(error)) throw error; // the next sweep finds them
    }
  }

  /** Finds what no signal may have reported: missed SIGCHLDs, living orphans, ends that are due. */
  sweep(): void {
    this.connector.sweep();
    this.#reaper.childrenChanged();
    const look = new ProcessScan();
    try {
      this.#adoptOrphans(look);
      this.lives.sweep(look);
    } catch (error) {
      if (!isShortage(error)) throw error; // the next sweep retries
    }
    this.#ladder.checkWithin(0);
  }

  #adoptOrphans(look: ProcessScan): void {
    this.#reaper.adoptOrphans(look);
    this.unattributed.lookAtAnchor();
    // Runs that ended in the meantime may leave a single run as the possible owner of an orphan.
    this.unattributed.settle();
  }

  #give({pid, startTime, comm}: Stat, run: Run, host: ProcessesHost): void {
    this.connector.now?.descendants.claim(pid, run);
    if (this.#reaper.give(pid, run)) return;
    run.orphans.set(pid, startTime);
    const {token, id} = run;
    host.emitFact({type: 'orphan', pid, startTime, name: comm, token, id, at: Date.now(), formerParent: null});
  }

  /** Collects the runs that end in one turn, so that a thousand of them share one scan. */
  #noteEnded(run: Run): void {
    if (this.#ended.push(run) > 1) return;
    process.nextTick(() => {
      const ended = this.#ended;
      this.#ended = [];
      try {
        this.#ladder.glance(ended);
      } catch (error) {
        if (!isShortage(error)) throw error; // the order to clear repeats the scan
      }
      this.#ladder.checkWithin(0);
    });
  }
}
