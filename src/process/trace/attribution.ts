/**
 * The owner of each process in a trace. Forks extend what is known at first: a child has its parent's owner, whatever
 * it does afterwards and however briefly either of them lives.
 *
 * A child of the keeper is the first process of a new run; the supervisor reports a moment later of which run
 * (`spawned`). Until then events are held back, so that they come out in order.
 */
import type {TraceEvent} from './event.ts';

export interface Owner {
  /** Null: the owner is unknown, or the process is the supervisor's. */
  readonly worker: string | null;
  readonly instance: number | null;
}

export const NOBODY: Owner = {worker: null, instance: null};

/** Shared by a process and its descendants, so that the owner of all of them is set at once. */
interface Ownership {
  owner: Owner;
  /** The supervisor is about to report the owner. */
  isAwaited: boolean;
  /** The parent of the first process, if the supervisor reported it and no event did. */
  parent: number | null;
}

const owned = (owner: Owner, isAwaited = false): Ownership => ({owner, isAwaited, parent: null});

interface Traced {
  ownership: Ownership;
  ppid: number | null;
  command: string | null;
  /** The process was requested, or descends from a requested one. */
  readonly chosen: boolean;
  /** When `know()` recorded the process (wall clock, ms); null: an event reported it. */
  readonly knownAt: number | null;
}

/** An existing process, found by a scan. */
export interface Known {
  readonly pid: number;
  readonly ppid: number;
  /** Null: the owner of the parent, if known. */
  readonly owner: Owner | null;
  readonly chosen: boolean;
  readonly command: string | null;
}

export interface AttributedEvent {
  readonly event: TraceEvent;
  readonly owner: Owner;
  readonly chosen: boolean;
  readonly ppid: number | null;
  /** The program and its arguments as last read, of the child for a fork; null: never read. Untrusted. */
  readonly command: string | null;
}

interface Announcement {
  readonly owner: Owner;
  readonly at: number;
  readonly parent: number | null;
}

interface Held {
  readonly event: TraceEvent;
  readonly ownership: Ownership;
  readonly traced: Pick<Traced, 'ppid' | 'command' | 'chosen'>;
  readonly since: number;
  /** The supervisor is about to report how the process ended. */
  awaitsEnd: boolean;
}

export interface AttributionOptions {
  /** Whether processes are traced that do not descend from a known one. */
  readonly all: boolean;
  /** Returns the program and its arguments; null or empty if the process is gone. */
  readonly commandOf: (pid: number) => string | null;
  /** How long events are held back at most (ms). */
  readonly patienceMs: number;
}

const FORGET_MS = 1_000;
/** More generations than any process tree has. */
const MOST_GENERATIONS = 64;

type ExitEvent = Extract<TraceEvent, {readonly type: 'exit'}>;

export class Attribution {
  readonly #options: AttributionOptions;
  readonly #processes = new Map<number, Traced>();
  /** The first processes of runs, alive or not, whose owner has not been reported yet. */
  readonly #awaited = new Map<number, Ownership>();
  /** Reports that arrived before the process was seen. */
  readonly #announced = new Map<number, Announcement>();
  #held: Held[] = [];
  #chosen = 0;
  /** Wall clock, ms. */
  #forgotAt = 0;
  /** Pid of the keeper. Its children are the first processes of runs. */
  keeper: number | null = null;

  constructor(options: AttributionOptions) {
    this.#options = options;
  }

  /** Number of living processes that were requested or descend from a requested one. */
  get chosen(): number {
    return this.#chosen;
  }

  knows(pid: number): boolean {
    return this.#options.all || this.#processes.has(pid);
  }

  ownerOf(pid: number): Owner | null {
    return this.#processes.get(pid)?.ownership.owner ?? null;
  }

  /** Records an existing process. For a known one only a missing owner or command is added. */
  know({pid, ppid, owner, chosen, command}: Known): void {
    const traced = this.#processes.get(pid);
    if (traced === undefined) {
      this.#set(pid, {ownership: this.#knownAs(pid, ppid, owner), ppid, command, chosen, knownAt: Date.now()});
      return;
    }
    traced.command ??= command;
    if (owner !== null && owner.worker !== null && traced.ownership.owner.worker === null) this.#retell(pid, owner);
  }

  /** Forgets all other processes: they are gone, or their pids belong to other processes. */
  keepOnly(isKept: (pid: number) => boolean): void {
    for (const pid of this.#processes.keys()) if (!isKept(pid)) this.#delete(pid);
  }

  /** Takes the supervisor's report of the owner of a process, and of its parent at birth, if reported. */
  announce(pid: number, owner: Owner, at: number, parent: number | null): void {
    const awaited = this.#awaited.get(pid);
    const traced = this.#processes.get(pid);
    // The fork event is still to come: the process is unknown, or was found by a scan.
    const isUnborn = traced === undefined ? awaited === undefined : traced.knownAt !== null;
    if (isUnborn) this.#announced.set(pid, {owner, at, parent});
    this.#forgetOld();
    if (awaited) {
      this.#awaited.delete(pid);
      Object.assign(awaited, {owner, parent, isAwaited: false});
      return;
    }
    if (traced?.ownership.owner.worker === null) this.#retell(pid, owner);
  }

  /** Takes the supervisor's report of how a process ended. */
  ended(pid: number, end: Pick<ExitEvent, 'code' | 'signal'>): void {
    const index = this.#held.findIndex(held => held.awaitsEnd && held.event.type === 'exit' && held.event.pid === pid);
    const held = this.#held[index];
    if (held?.event.type === 'exit')
      this.#held[index] = {...held, awaitsEnd: false, event: {...held.event, code: end.code, signal: end.signal}};
  }

  /** Takes an event. `awaitsEnd`: the supervisor is about to report how the process ended. */
  feed(event: TraceEvent, awaitsEnd = false): void {
    const traced = event.type === 'fork' ? this.#forked(event) : this.#touched(event);
    if (traced === null) return;
    const {ownership, ppid, command, chosen} = traced;
    this.#held.push({event, ownership, traced: {ppid, command, chosen}, since: performance.now(), awaitsEnd});
  }

  /** Returns the events that need not wait any longer, in order; with `all`, every event. */
  takeEvents(all = false): AttributedEvent[] {
    const now = performance.now();
    const {patienceMs} = this.#options;
    let count = 0;
    for (const held of this.#held) {
      const waits = held.ownership.isAwaited || held.awaitsEnd;
      if (waits && !all && now - held.since < patienceMs) break;
      // An owner not reported by now is given up: later events of the process do not wait again.
      held.ownership.isAwaited = false;
      count++;
    }
    this.#forgetOld();
    return this.#held.splice(0, count).map(({event, ownership, traced}) => ({
      event: event.type === 'fork' && event.pid === null ? {...event, pid: ownership.parent} : event,
      owner: ownership.owner,
      ...traced,
    }));
  }

  get isHolding(): boolean {
    return this.#held.length > 0;
  }

  #knownAs(pid: number, ppid: number, owner: Owner | null): Ownership {
    if (owner !== null) return owned(owner);
    // An unknown child of the keeper has just been orphaned: its owner is reported when it ends at the latest.
    if (ppid === this.keeper) return this.#awaitedFor(pid, Date.now());
    return this.#processes.get(ppid)?.ownership ?? owned(NOBODY);
  }

  #forked(event: Extract<TraceEvent, {readonly type: 'fork'}>): Traced | null {
    const {pid, child, at} = event;
    const known = this.#processes.get(child);
    // A scan found the process before its fork event was read.
    if (known !== undefined && known.knownAt !== null && at <= known.knownAt) return known;
    const parent = pid === null ? undefined : this.#processes.get(pid);
    if (parent === undefined && pid !== null && !this.#options.all) {
      // An earlier process with this pid has ended, but no event reported it.
      this.#delete(child);
      return null;
    }
    const isFirst = pid !== null && pid === this.keeper;
    const traced: Traced = {
      ownership: isFirst || pid === null ? this.#awaitedFor(child, at) : (parent?.ownership ?? owned(NOBODY)),
      ppid: pid,
      command: parent?.command ?? null,
      chosen: parent?.chosen ?? false,
      knownAt: null,
    };
    this.#set(child, traced);
    return traced;
  }

  #awaitedFor(pid: number, at: number): Ownership {
    const announced = this.#announced.get(pid);
    this.#announced.delete(pid);
    // Both times are wall clock, read by different processes.
    const isFresh = announced !== undefined && announced.at > at - this.#options.patienceMs;
    const ownership = isFresh ? owned(announced.owner) : owned(NOBODY, true);
    if (isFresh) ownership.parent = announced.parent;
    if (ownership.isAwaited) this.#awaited.set(pid, ownership);
    return ownership;
  }

  #touched(event: Exclude<TraceEvent, {readonly type: 'fork'}>): Traced | null {
    let traced = this.#processes.get(event.pid);
    if (traced === undefined) {
      if (!this.#options.all) return null;
      traced = {ownership: owned(NOBODY), ppid: null, command: null, chosen: false, knownAt: null};
      if (event.type !== 'exit') this.#set(event.pid, traced);
    }
    if (event.type === 'exec') traced.command = this.#options.commandOf(event.pid);
    if (event.type === 'exit') {
      this.#announced.delete(event.pid);
      this.#delete(event.pid);
      traced.ppid = event.ppid ?? traced.ppid;
    }
    return traced;
  }

  #set(pid: number, traced: Traced): void {
    this.#delete(pid);
    this.#processes.set(pid, traced);
    if (traced.chosen) this.#chosen++;
  }

  #delete(pid: number): void {
    if (this.#processes.get(pid)?.chosen === true) this.#chosen--;
    this.#processes.delete(pid);
  }

  /** Sets the owner of a process that had none, and of its descendants. */
  #retell(pid: number, owner: Owner): void {
    const before = this.#processes.get(pid)?.ownership;
    const told = owned(owner);
    for (const [one, traced] of this.#processes)
      if (traced.ownership === before && this.#comesFrom(one, pid)) traced.ownership = told;
  }

  #comesFrom(pid: number, ancestor: number): boolean {
    let one: number | null = pid;
    for (let generations = 0; one !== null && generations < MOST_GENERATIONS; generations++) {
      if (one === ancestor) return true;
      one = this.#processes.get(one)?.ppid ?? null;
    }
    return false;
  }

  /** Drops old reports, which are of no use if the process is not seen. */
  #forgetOld(): void {
    const now = Date.now();
    if (Math.abs(now - this.#forgotAt) < FORGET_MS) return;
    this.#forgotAt = now;
    for (const [pid, ownership] of this.#awaited) if (!ownership.isAwaited) this.#awaited.delete(pid);
    const oldest = now - 2 * this.#options.patienceMs;
    for (const [pid, {at}] of this.#announced) if (at < oldest) this.#announced.delete(pid);
  }
}
