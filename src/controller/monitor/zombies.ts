/**
 * Finds zombies in the fleet's trees, reports each once, and treats them as their workers' policies require. There is
 * always a moment between the end of a process and its parent's wait: a zombie counts only if it persists.
 */
import type {JournalEvent} from '../../journal/events.ts';
import {exitOf} from '../../process/zombies.ts';
import {hasEnded, readStat, type Stat} from '../../process/stat.ts';
import {zombieAgeMs} from '../../process/zombie-age.ts';
import type {ZombieReport} from '../../control/reports.ts';
import type {Core} from '../../supervisor/index.ts';
import type {Input, Instance} from '../../supervisor/types.ts';

/** The time in which a parent must wait for its child. */
export const PATIENCE_MS = 1_000;
/** A parent that ignores this many signals will ignore more. */
const MOST_NUDGES = 3;

interface Zombie {
  readonly worker: string;
  readonly instance: number;
  readonly pid: number;
  readonly startTime: string;
  readonly name: string;
  readonly ppid: number;
  readonly parent: string | null;
  readonly exit: ZombieReport['exit'];
  /** CLOCK_MONOTONIC, ms. */
  readonly since: number;
  /** Whether the zombie has outlasted its parent's time and was reported. */
  told: boolean;
  nudges: number;
}

export interface ZombieHost {
  readonly core: Core;
  readonly note: (event: JournalEvent) => void;
  readonly feed: (input: Input) => void;
  /** Sends SIGCHLD to the process with this identity. */
  readonly nudge: (pid: number, startTime: string) => void;
  /** CLOCK_MONOTONIC, ms. */
  readonly now: () => number;
  /** Calls `action` after `ms`. */
  readonly later: (action: () => void, ms: number) => void;
}

const keyOf = ({pid, startTime}: {readonly pid: number; readonly startTime: string}): string => `${pid} ${startTime}`;

export class ZombieWatch {
  readonly #host: ZombieHost;
  readonly #known = new Map<string, Zombie>();
  #looksAgain = false;

  constructor(host: ZombieHost) {
    this.#host = host;
  }

  /**
   * Compares the processes with the last look.
   *
   * @param others all processes except main ones and known orphans, which the keeper reaps soon
   */
  updateZombies(others: Iterable<Stat>, ownerOf: (pid: number) => string | null): void {
    const seen = new Set<string>();
    for (const stat of others) {
      if (!hasEnded(stat)) continue;
      seen.add(keyOf(stat));
      if (!this.#known.has(keyOf(stat))) this.#meet(stat, ownerOf);
    }
    for (const [key, zombie] of this.#known) if (!seen.has(key)) this.#gone(key, zombie);
    this.#act();
  }

  /** Returns the zombies that were reported. */
  reports(): ZombieReport[] {
    return [...this.#known.values()]
      .filter(({told}) => told)
      .map(({pid, name, ppid, parent, worker, instance, exit, since}) => ({
        pid,
        name,
        ppid,
        parent,
        worker,
        instance,
        ageMs: Math.max(0, Math.round(this.#host.now() - since)),
        exit,
      }));
  }

  #meet(stat: Stat, ownerOf: (pid: number) => string | null): void {
    // From the zombie upwards: there are few zombies and many processes.
    const instance = this.#instanceAbove(stat, ownerOf);
    if (!instance) return;
    const {pid, startTime, comm: name, ppid} = stat;
    this.#known.set(keyOf(stat), {
      worker: instance.worker,
      instance: instance.number,
      pid,
      startTime,
      name,
      ppid,
      parent: readStat(ppid)?.comm ?? null,
      exit: exitOf(stat),
      since: this.#host.now() - (zombieAgeMs(pid) ?? 0),
      told: false,
      nudges: 0,
    });
  }

  #gone(key: string, {told, worker, instance, pid, ppid}: Zombie): void {
    this.#known.delete(key);
    if (told) this.#host.note({type: 'zombie-gone', worker, instance, pid, ppid});
  }

  /** Reports zombies whose parent's time is over, and treats them. */
  #act(): void {
    const {core, note, now, later} = this.#host;
    const nudged = new Set<number>();
    for (const [key, zombie] of this.#known) {
      if (!zombie.told) {
        if (now() - zombie.since < PATIENCE_MS) continue;
        const stat = readStat(zombie.pid);
        if (stat === null || stat.startTime !== zombie.startTime || !hasEnded(stat)) {
          this.#gone(key, zombie);
          continue;
        }
        zombie.told = true;
        const {worker, instance, pid, ppid, parent, name, exit} = zombie;
        note({type: 'zombie-found', worker, instance, pid, ppid, parent, name, exit});
      }
      const instance = core.get(`${zombie.worker}/${zombie.instance}`);
      if (instance) this.#treat(zombie, instance, nudged);
    }
    if (this.#looksAgain || ![...this.#known.values()].some(({told}) => !told)) return;
    this.#looksAgain = true;
    later(() => {
      this.#looksAgain = false;
      this.#act();
    }, PATIENCE_MS);
  }

  #treat(zombie: Zombie, {worker, run}: Instance, nudged: Set<number>): void {
    const {core, feed, note, nudge} = this.#host;
    if (run === null || run.pausedAt !== null || run.ending !== null) return;
    const {pid, name, ppid, parent, instance} = zombie;
    switch (core.specOf(worker).zombies) {
      case 'report':
        return;
      case 'restart':
        feed({type: 'zombie-left', token: run.token, pid, name});
        return;
      case 'nudge': {
        if (zombie.nudges++ >= MOST_NUDGES || nudged.has(ppid)) return;
        nudged.add(ppid);
        const startTime = readStat(ppid)?.startTime;
        if (startTime === undefined || readStat(pid)?.ppid !== ppid) return;
        nudge(ppid, startTime);
        note({type: 'zombie-nudged', worker, instance, pid: ppid, parent, zombie: pid});
      }
    }
  }

  #instanceAbove(zombie: Stat, ownerOf: (pid: number) => string | null): Instance | undefined {
    const seen = new Set<number>();
    for (let at = zombie.ppid; at > 1 && !seen.has(at); at = readStat(at)?.ppid ?? 0) {
      seen.add(at);
      const id = ownerOf(at);
      if (id !== null) return this.#host.core.get(id);
    }
    return undefined;
  }
}
