/** The processes below the keeper, put together: the runs, what those leave behind, and who hears of which end. */
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

/** As many as an argument has room for (execve(2): 128 KiB). */
const MOST_HIDDEN = 3_000;

export interface ProcessesHost extends Omit<RunLivesHost, 'runs' | 'connector' | Exclude<keyof RunEvents, 'emitFact'>> {
  /** Whether libuv waits for that child, which is no run's. */
  isSpawned(pid: number): boolean;
  /** Who is to hear how a child that is no run's ended, where an earlier image of this process has started it. */
  inherited(pid: number): ((end: Ended) => void) | null;
  /** A run is over. */
  over(): void;
  /** Of a run that is over, processes may live where nobody will look, and why. `id` null: it is not known whose it was. */
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

  /** What follows from what happens to a run. */
  #eventsFor(host: ProcessesHost): RunEvents {
    return {
      emitFact: fact => host.emitFact(fact),
      exited: run => this.#noteEnded(run),
      abandon: run => this.#ladder.endRun(run, SIGKILL, 0),
      becameMain: pid => this.#reaper.becameMain(pid),
      extend: (run, ms) => this.#ladder.extend(run, ms),
      signalFailed: ({token, id}, {pid, signal: number, error}) => {
        const signal = signalName(number);
        // Also for the log: there may be no controller to tell.
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

  /** Takes up what an earlier keeper left. */
  takeUp(): void {
    this.lives.adopt();
    // Its word on who comes from whom is then the only one on those that have lost their parents.
    if (this.#isAstray) this.connector.need();
    this.#reaper.childrenChanged();
  }

  /** Orphans that live. */
  orphans(): OrphanFact[] {
    return this.#reaper.living();
  }

  /** What is to be told to the image that replaces this one, which does not see it. */
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

  /** Ends what a run has left behind whose main process has ended. */
  clear(run: Run, graceMs: number): void {
    if (run.cleared !== null || (run.exit === null && run.failure === null)) return;
    // A clearing that is under way has its own deadline, and is hurried only by one that waits for nothing.
    if (graceMs === 0 || !this.#ladder.isEnding(run)) this.#ladder.endRun(run, SIGTERM, graceMs);
  }

  /** Ends what is left when the fleet has been stopped; `controller` leaves by itself. */
  endStrays(controller: number | null, gone: (survivors: readonly string[]) => void): void {
    this.#strays.endStrays(controller, gone);
  }

  /** SIGCHLD came. */
  childrenChanged(): void {
    if (this.#reaper.childrenChanged()) this.#ladder.checkWithin(0);
  }

  /** Takes in those that have lost their parents since the last sweep. */
  lookForOrphans(): void {
    try {
      this.#reaper.childrenChanged();
      this.#adoptOrphans(new ProcessScan());
    } catch (error) {
      if (!isShortage(error)) throw error; // else the next sweep finds them
    }
  }

  /** What no signal may have told: missed SIGCHLDs, orphans that live, ends that are due. */
  sweep(): void {
    this.connector.sweep();
    this.#reaper.childrenChanged();
    const look = new ProcessScan();
    try {
      this.#adoptOrphans(look);
      this.lives.sweep(look);
    } catch (error) {
      if (!isShortage(error)) throw error; // else the next one finds it
    }
    this.#ladder.checkWithin(0);
  }

  #adoptOrphans(look: ProcessScan): void {
    this.#reaper.adoptOrphans(look);
    this.unattributed.lookAtAnchor();
    // Runs that have ended since leave the others as the only ones that may own an orphan.
    this.unattributed.settle();
  }

  #give({pid, startTime, comm}: Stat, run: Run, host: ProcessesHost): void {
    this.connector.now?.descendants.claim(pid, run);
    if (this.#reaper.give(pid, run)) return;
    run.orphans.set(pid, startTime);
    const {token, id} = run;
    host.emitFact({type: 'orphan', pid, startTime, name: comm, token, id, at: Date.now(), formerParent: null});
  }

  /** A thousand that end at once are looked at once. */
  #noteEnded(run: Run): void {
    if (this.#ended.push(run) > 1) return;
    process.nextTick(() => {
      const ended = this.#ended;
      this.#ended = [];
      try {
        this.#ladder.glance(ended);
      } catch (error) {
        if (!isShortage(error)) throw error; // else it is looked at when the order to clear comes
      }
      this.#ladder.checkWithin(0);
    });
  }
}
