/**
 * The ladder that ends a run: its stop signal to the main process with SIGCONT at once (a stopped process must be able
 * to die), SIGKILL after the timeout, then the leftovers: TERM and CONT for the rest of the time, then freeze, scan
 * again, kill, until nothing is found.
 *
 * All runs that are being ended share one timer and one scan of the machine.
 */
import type {RunEvents} from '../runs/events.ts';
import {SIGCONT, SIGKILL, SIGTERM} from '../../posix/signal-numbers.ts';
import {isPopulated, killCgroup, removeCgroup} from '../cgroup/cgroup.ts';
import {ProcessScan, mayLive, membersOf} from '../lineage/members.ts';
import type {Cleared} from '../../link/runs.ts';
import type {Run} from '../runs/run.ts';
import {freezeMembers, isPaused, signalMain, signalMember} from './members.ts';
import {hasEnded, isShortage} from '../../process/stat.ts';

const ROUND_MS = 10;
/** Pause until a descriptor may be available again. */
const SHORTAGE_MS = 100;
/** Time for killed processes to disappear (one in uninterruptible sleep may take forever). */
const KILLED_MS = 5_000;

interface Ending {
  readonly run: Run;
  /** CLOCK_MONOTONIC ms at which SIGKILL is due. */
  deadline: number;
  /** Processes that were sent SIGTERM, each once. */
  readonly asked: Set<string>;
  /** Signals that could not be sent, by pid and number. */
  readonly refused: Set<string>;
  killedAt: number | null;
}

export interface LadderHost extends Pick<RunEvents, 'signalFailed' | 'cleared'> {
  /** Whether a child of the keeper is accounted for: a main process, the controller, or an orphan of some run. */
  isKnown(pid: number): boolean;
  /** Adopts new orphans. */
  adoptOrphans(look: ProcessScan): void;
  /** Returns the proof that nothing is left of a run of which no process was found, or null if something is left. */
  proofOf(run: Run): Cleared | null;
}

export class Ladder {
  readonly #host: LadderHost;
  readonly #endings = new Map<string, Ending>();
  #timer: NodeJS.Timeout | null = null;
  #now: NodeJS.Immediate | null = null;

  constructor(host: LadderHost) {
    this.#host = host;
  }

  isEnding(run: Run): boolean {
    return this.#endings.has(run.token);
  }

  /** Starts to end a run, or speeds up an end under way: this never postpones the deadline. */
  endRun(run: Run, signal: number, timeoutMs: number): void {
    const deadline = performance.now() + timeoutMs;
    const ending = this.#endings.get(run.token);
    if (ending) ending.deadline = Math.min(ending.deadline, deadline);
    else {
      const begun = {run, deadline, asked: new Set<string>(), refused: new Set<string>(), killedAt: null};
      this.#endings.set(run.token, begun);
      const paused = isPaused(run);
      this.#tellMain(begun, timeoutMs > 0 ? signal : SIGKILL);
      signalMain(run, SIGCONT);
      // The helpers of a paused run are stopped too, and the main process may wait for what they hold.
      if (paused) {
        for (const member of membersOf(run, new ProcessScan()))
          this.#note(begun, member.pid, SIGCONT, signalMember(member, SIGCONT));
      }
    }
    this.checkWithin(0);
  }

  /** Extends the deadline on request of the main process (`EXTEND_TIMEOUT_USEC`), unless the deadline has passed. */
  extend(run: Run, ms: number): void {
    const ending = this.#endings.get(run.token);
    const now = performance.now();
    if (ending && ending.deadline > now && run.exit === null) ending.deadline = Math.max(ending.deadline, now + ms);
  }

  /** Checks all endings after `ms` at the latest: an event may have advanced one of them. */
  checkWithin(ms: number): void {
    if (this.#endings.size === 0 || this.#now !== null) return;
    if (ms > 0) this.#timer ??= setTimeout(() => this.#round(), ms);
    else this.#now = setImmediate(() => this.#round());
  }

  #round(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.#now = null;
    try {
      this.#lookAtAll();
    } catch (error) {
      if (!isShortage(error)) throw error;
      // A process that could not be examined is not gone.
      this.checkWithin(SHORTAGE_MS);
    }
  }

  #lookAtAll(): void {
    const look = new ProcessScan();
    const now = performance.now();
    const overdue: Ending[] = [];
    const gone: Run[] = [];
    let adopted = false;
    for (const ending of [...this.#endings.values()]) {
      const {run} = ending;
      if (run.exit === null && run.failure === null) {
        // The main process has time until the deadline.
        if (now < ending.deadline) continue;
        if (ending.killedAt === null || now - ending.killedAt <= KILLED_MS) overdue.push(ending);
        else this.#outlived(ending, look);
        continue;
      }
      if (!adopted) this.#host.adoptOrphans(look);
      adopted = true;
      switch (this.#leftovers(ending, look, now)) {
        case 'overdue':
          overdue.push(ending);
          break;
        case 'gone':
          gone.push(run);
          break;
        case 'ending':
      }
    }
    for (const run of this.#prove(gone)) {
      const ending = this.#endings.get(run.token);
      if (ending && now >= ending.deadline && this.#isUnseen(ending, now)) overdue.push(ending);
    }
    this.#kill(overdue, look, now);
    this.checkWithin(this.#nextLook(now));
  }

  /** Gives up on a main process that survived SIGKILL: it is another user's, or in uninterruptible sleep. */
  #outlived(ending: Ending, look: ProcessScan): void {
    const {run} = ending;
    const main = run.pid === null ? undefined : look.table().get(run.pid);
    // The end of the main process is about to be reported.
    if (main?.startTime !== run.startTime || hasEnded(main)) return;
    const survivors = [{pid: main.pid, name: main.comm}, ...membersOf(run, look)];
    this.#finish(run, {proof: 'lineage', survivors: survivors.map(({pid, name}) => `${pid} ${name}`)});
  }

  /** Checks the leftovers of a main process. `overdue`: they must be killed now; `gone`: none was found. */
  #leftovers(ending: Ending, look: ProcessScan, now: number): 'gone' | 'ending' | 'overdue' {
    const {run} = ending;
    const members = mayLive(run, look, pid => this.#host.isKnown(pid)) ? membersOf(run, look) : [];
    if (members.length === 0) return 'gone';
    if (now < ending.deadline) {
      for (const member of members) {
        const key = `${member.pid} ${member.startTime}`;
        if (ending.asked.has(key)) continue;
        ending.asked.add(key);
        this.#note(ending, member.pid, SIGTERM, signalMember(member, SIGTERM));
        signalMember(member, SIGCONT);
      }
      return 'ending';
    }
    if (ending.killedAt === null || now - ending.killedAt <= KILLED_MS) return 'overdue';
    this.#finish(run, {proof: 'lineage', survivors: members.map(member => `${member.pid} ${member.name}`)});
    return 'ending';
  }

  /** Checks the run's cgroup for a process that has no pid here (pid_namespaces(7)). Returns whether to kill it now. */
  #isUnseen({run, killedAt}: Ending, now: number): boolean {
    const {cgroup} = run;
    if (cgroup === null || !isPopulated(cgroup)) return false;
    if (killedAt === null || now - killedAt <= KILLED_MS) return true;
    this.#finish(run, {proof: 'lineage', survivors: [`? (a process without a pid here, in ${cgroup})`]});
    return false;
  }

  #kill(endings: readonly Ending[], look: ProcessScan, now: number): void {
    for (const ending of endings) {
      const {run} = ending;
      ending.killedAt ??= now;
      this.#tellMain(ending, SIGKILL);
      if (run.cgroup !== null) killCgroup(run.cgroup);
    }
    const runs = endings.map(({run}) => run);
    for (const member of freezeMembers(runs, look)) {
      const error = signalMember(member, SIGKILL);
      const ending = this.#endings.get(member.run.token);
      if (ending) this.#note(ending, member.pid, SIGKILL, error);
    }
  }

  #tellMain(ending: Ending, signal: number): void {
    const {run} = ending;
    if (run.pid !== null) this.#note(ending, run.pid, signal, signalMain(run, signal));
  }

  /** Reports a refused signal once. `ESRCH` is no refusal: a process that is gone needs no signal. */
  #note({run, refused}: Ending, pid: number, signal: number, error: string | null): void {
    if (error === null || error === 'ESRCH' || refused.has(`${pid} ${signal}`)) return;
    refused.add(`${pid} ${signal}`);
    this.#host.signalFailed(run, {pid, signal, error});
  }

  /**
   * Reports runs whose main processes have just ended and that evidently left nothing behind: their next runs need not
   * wait for an order to clear.
   */
  glance(runs: readonly Run[]): void {
    const look = new ProcessScan();
    const isPlain = (run: Run): boolean => {
      if (this.#endings.has(run.token) || run.cleared !== null) return false;
      const {cgroup, adopted, astray, orphans} = run;
      if (cgroup !== null && !adopted && !astray && orphans.size === 0) return !isPopulated(cgroup);
      return !mayLive(run, look, pid => this.#host.isKnown(pid));
    };
    this.#prove(runs.filter(isPlain));
  }

  /** Reports runs of which nothing was found. Returns those of which a second source shows that something is left. */
  #prove(runs: readonly Run[]): Run[] {
    if (runs.length === 0) return [];
    // In this order: orphans of a process that was in a cgroup a moment ago are visible now.
    const empty = runs.filter(({cgroup}) => cgroup === null || !isPopulated(cgroup));
    this.#host.adoptOrphans(new ProcessScan());
    const proved = new Set<Run>();
    for (const run of empty) {
      const cleared = this.#host.proofOf(run);
      if (cleared === null) continue;
      proved.add(run);
      this.#finish(run, cleared);
    }
    return runs.filter(run => !proved.has(run));
  }

  #finish(run: Run, cleared: Cleared): void {
    // Only for an ending: otherwise the next run may start at once, and the cgroup is removed when the run is
    // forgotten.
    if (this.#endings.delete(run.token) && run.cgroup !== null && cleared.survivors.length === 0)
      removeCgroup(run.cgroup);
    this.#host.cleared(run, cleared);
  }

  #nextLook(now: number): number {
    let soonest = Infinity;
    for (const {run, deadline, killedAt} of this.#endings.values()) {
      const waits = run.exit === null && killedAt === null;
      soonest = Math.min(soonest, waits ? deadline - now : ROUND_MS);
    }
    return Math.max(1, Math.min(soonest, 1000));
  }
}
