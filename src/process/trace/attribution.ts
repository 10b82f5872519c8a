/**
 * Whose each process of a trace is. What is known at first is kept up by forks: a child is its parent's owner's, whatever it
 * does afterwards, and however briefly either of them lives.
 *
 * A child of the keeper is the first process of a new run, and of which, somebody else tells a moment later (`spawned`). Until
 * then events are held back, so that they come out in order.
 */
import type {TraceEvent} from './event.ts';

export interface Owner {
  /** Null: nobody knows whose it is, or it is the supervisor's. */
  readonly worker: string | null;
  readonly instance: number | null;
}

export const NOBODY: Owner = {worker: null, instance: null};

/** Shared by a process and all that come from it, so that all of them are told at once. */
interface Ownership {
  owner: Owner;
  /** It is about to be told whose they are. */
  isAwaited: boolean;
  /** The parent of the first of them, where that was not seen and has been told. */
  parent: number | null;
}

const owned = (owner: Owner, isAwaited = false): Ownership => ({owner, isAwaited, parent: null});

interface Traced {
  ownership: Ownership;
  ppid: number | null;
  command: string | null;
  /** It is a process that was asked for, or comes from one. */
  readonly chosen: boolean;
  /** When it was found to be there (wall clock, ms); null: it was seen being born. */
  readonly knownAt: number | null;
}

/** A process that is known at first. */
export interface Known {
  readonly pid: number;
  readonly ppid: number;
  /** Null: its parent's, as far as is known. */
  readonly owner: Owner | null;
  readonly chosen: boolean;
  readonly command: string | null;
}

export interface AttributedEvent {
  readonly event: TraceEvent;
  readonly owner: Owner;
  readonly chosen: boolean;
  readonly ppid: number | null;
  /** The program and its arguments as last seen, of a fork the child's; null: nobody saw them. Untrusted. */
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
  /** Somebody else is about to tell how the process ended. */
  awaitsEnd: boolean;
}

export interface AttributionOptions {
  /** Processes are followed that come from none that is known. */
  readonly all: boolean;
  /** The program and its arguments; null or empty where it is gone. */
  readonly commandOf: (pid: number) => string | null;
  /** How long events are held back (ms). */
  readonly patienceMs: number;
}

const FORGET_MS = 1_000;
/** More than any family has. */
const MOST_GENERATIONS = 64;

type ExitEvent = Extract<TraceEvent, {readonly type: 'exit'}>;

export class Attribution {
  readonly #options: AttributionOptions;
  readonly #processes = new Map<number, Traced>();
  /** Of first processes of runs, whether they live or not: whose they are is not told yet. */
  readonly #awaited = new Map<number, Ownership>();
  /** Told before the process was seen. */
  readonly #announced = new Map<number, Announcement>();
  #held: Held[] = [];
  #chosen = 0;
  /** Wall clock, ms. */
  #forgotAt = 0;
  /** Its children are first processes of runs. */
  keeper: number | null = null;

  constructor(options: AttributionOptions) {
    this.#options = options;
  }

  /** How many processes live that were asked for, or come from one. */
  get chosen(): number {
    return this.#chosen;
  }

  knows(pid: number): boolean {
    return this.#options.all || this.#processes.has(pid);
  }

  ownerOf(pid: number): Owner | null {
    return this.#processes.get(pid)?.ownership.owner ?? null;
  }

  /** Notes a process that is there; one that is known already is left as it is, but for an owner that was not. */
  know({pid, ppid, owner, chosen, command}: Known): void {
    const traced = this.#processes.get(pid);
    if (traced === undefined) {
      this.#set(pid, {ownership: this.#knownAs(pid, ppid, owner), ppid, command, chosen, knownAt: Date.now()});
      return;
    }
    traced.command ??= command;
    if (owner !== null && owner.worker !== null && traced.ownership.owner.worker === null) this.#retell(pid, owner);
  }

  /** Forgets all but those: the others are gone, or are not what they were. */
  keepOnly(isKept: (pid: number) => boolean): void {
    for (const pid of this.#processes.keys()) if (!isKept(pid)) this.#delete(pid);
  }

  /** Whose a process is, as the supervisor tells it; and whose child it was born as, where that is told, too. */
  announce(pid: number, owner: Owner, at: number, parent: number | null): void {
    const awaited = this.#awaited.get(pid);
    const traced = this.#processes.get(pid);
    // Its fork is still to be told: nobody has seen it, or it was found to be there.
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

  /** How a process ended, as the supervisor tells it. */
  ended(pid: number, end: Pick<ExitEvent, 'code' | 'signal'>): void {
    const index = this.#held.findIndex(held => held.awaitsEnd && held.event.type === 'exit' && held.event.pid === pid);
    const held = this.#held[index];
    if (held?.event.type === 'exit')
      this.#held[index] = {...held, awaitsEnd: false, event: {...held.event, code: end.code, signal: end.signal}};
  }

  /** Takes an event in. `awaitsEnd`: how that process ended is about to be told. */
  feed(event: TraceEvent, awaitsEnd = false): void {
    const traced = event.type === 'fork' ? this.#forked(event) : this.#touched(event);
    if (traced === null) return;
    const {ownership, ppid, command, chosen} = traced;
    this.#held.push({event, ownership, traced: {ppid, command, chosen}, since: performance.now(), awaitsEnd});
  }

  /** The events that can be told now, in order; with `all`, every one. */
  takeEvents(all = false): AttributedEvent[] {
    const now = performance.now();
    const {patienceMs} = this.#options;
    let count = 0;
    for (const held of this.#held) {
      const waits = held.ownership.isAwaited || held.awaitsEnd;
      if (waits && !all && now - held.since < patienceMs) break;
      // Who has not been told by now is not told: what comes after need not wait for it again.
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
    // A child of the keeper that nobody knows has lost its parent lately: whose it is, is told when it ends at the latest.
    if (ppid === this.keeper) return this.#awaitedFor(pid, Date.now());
    return this.#processes.get(ppid)?.ownership ?? owned(NOBODY);
  }

  #forked(event: Extract<TraceEvent, {readonly type: 'fork'}>): Traced | null {
    const {pid, child, at} = event;
    const known = this.#processes.get(child);
    // It was found before its birth was told.
    if (known !== undefined && known.knownAt !== null && at <= known.knownAt) return known;
    const parent = pid === null ? undefined : this.#processes.get(pid);
    if (parent === undefined && pid !== null && !this.#options.all) {
      // Whatever had that pid has ended, though nobody told.
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
    // Both clocks are the wall's, read by different processes.
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

  /** Of a process that was nobody's, and of those that come from it. */
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

  /** What was told of processes that are not seen is of no use after a while. */
  #forgetOld(): void {
    const now = Date.now();
    if (Math.abs(now - this.#forgotAt) < FORGET_MS) return;
    this.#forgotAt = now;
    for (const [pid, ownership] of this.#awaited) if (!ownership.isAwaited) this.#awaited.delete(pid);
    const oldest = now - 2 * this.#options.patienceMs;
    for (const [pid, {at}] of this.#announced) if (at < oldest) this.#announced.delete(pid);
  }
}
