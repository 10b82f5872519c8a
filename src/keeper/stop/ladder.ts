/**
 * The ladder by which a run is ended: its signal to the main process and SIGCONT at once (a stopped process must be
 * able to die), SIGKILL after the timeout, then all that it left behind: TERM and CONT for what is left of the time,
 * then freeze, look again, kill, until nothing is found.
 *
 * All runs that are being ended share one timer and one look at the machine.
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
/** Until there may be a descriptor to spare again. */
const SHORTAGE_MS = 100;
/** How long killed processes may take to go (one in uninterruptible sleep may take for ever). */
const KILLED_MS = 5_000;

interface Ending {
  readonly run: Run;
  /** CLOCK_MONOTONIC ms at which SIGKILL is due. */
  deadline: number;
  /** Those that were asked to end: each is asked once. */
  readonly asked: Set<string>;
  /** Signals that could not be sent, by pid and number. */
  readonly refused: Set<string>;
  killedAt: number | null;
}

export interface LadderHost extends Pick<RunEvents, 'signalFailed' | 'cleared'> {
  /** Whether a child of the keeper is accounted for: a main process, the controller, or an orphan of some run. */
  isKnown(pid: number): boolean;
  /** Notes orphans that came meanwhile. */
  adoptOrphans(look: ProcessScan): void;
  /** How it is known that nothing of a run is left of which nothing was found; null where something is. */
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

  /** Begins to end a run, or hurries an end that has begun: a deadline only ever comes nearer. */
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
      // Paused, its helpers are stopped too, and what they hold may be what the main process waits for.
      if (paused) {
        for (const member of membersOf(run, new ProcessScan()))
          this.#note(begun, member.pid, SIGCONT, signalMember(member, SIGCONT));
      }
    }
    this.checkWithin(0);
  }

  /** Its main process asks for more time to end (`EXTEND_TIMEOUT_USEC`), unless that has run out. */
  extend(run: Run, ms: number): void {
    const ending = this.#endings.get(run.token);
    const now = performance.now();
    if (ending && ending.deadline > now && run.exit === null) ending.deadline = Math.max(ending.deadline, now + ms);
  }

  /** Looks at all endings after `ms` at the latest: something has happened that may have brought one on. */
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
      // Who could not be seen is not gone.
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
        // The main process has the word until the deadline.
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

  /** A main process that not even SIGKILL has ended: it is another user's, or sleeps uninterruptibly. */
  #outlived(ending: Ending, look: ProcessScan): void {
    const {run} = ending;
    const main = run.pid === null ? undefined : look.table().get(run.pid);
    // Its end is about to be told.
    if (main?.startTime !== run.startTime || hasEnded(main)) return;
    const survivors = [{pid: main.pid, name: main.comm}, ...membersOf(run, look)];
    this.#finish(run, {proof: 'lineage', survivors: survivors.map(({pid, name}) => `${pid} ${name}`)});
  }

  /** What a main process has left behind. `overdue`: it must be killed now; `gone`: nothing was found. */
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

  /** Something is in its cgroup that has no pid here (pid_namespaces(7)); answers whether it must be killed now. */
  #isUnseen({run, killedAt}: Ending, now: number): boolean {
    const {cgroup} = run;
    if (cgroup === null || !isPopulated(cgroup)) return false;
    if (killedAt === null || now - killedAt <= KILLED_MS) return true;
    this.#finish(run, {proof: 'lineage', survivors: [`? (a process that has no pid here, in ${cgroup})`]});
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

  /** Reports a signal that was refused. One whose process is gone needed none. */
  #note({run, refused}: Ending, pid: number, signal: number, error: string | null): void {
    if (error === null || error === 'ESRCH' || refused.has(`${pid} ${signal}`)) return;
    refused.add(`${pid} ${signal}`);
    this.#host.signalFailed(run, {pid, signal, error});
  }

  /**
   * Tells of runs whose main processes have just ended that nothing is left of them, where that is plain to see: their
   * next runs need not wait for an order to look.
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

  /** Reports runs of which nothing was found; answers those of which a second source says that something is left. */
  #prove(runs: readonly Run[]): Run[] {
    if (runs.length === 0) return [];
    // In this order: what a process leaves that was still in a cgroup a moment ago is to be seen now.
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
    // The cgroup of a run whose next one may begin at once is removed when the run is forgotten.
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
