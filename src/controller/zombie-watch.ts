/** Zombies in the fleet's trees: said once when found, and once when gone. */
import {hasEnded, readStat, type Stat} from '../process/stat.ts';
import {endOfStatus} from '../posix/wait.ts';
import type {Heart} from '../supervisor/index.ts';
import type {Instance, JournalEvent} from '../supervisor/types.ts';

interface Zombie {
  readonly worker: string;
  readonly instance: number;
  readonly pid: number;
  readonly ppid: number;
}

export class ZombieWatch {
  readonly #known = new Map<string, Zombie>();

  /**
   * Compares with the last look; answers what is to be noted. A main process is no zombie for long, since the keeper waits
   * for it: of the pids that run, only the others are looked at.
   */
  look(heart: Heart, pids: Iterable<number>, ownerOf: (pid: number) => string | null): JournalEvent[] {
    const events: JournalEvent[] = [];
    const seen = new Set<string>();
    for (const pid of pids) {
      const stat = ownerOf(pid) === null ? readStat(pid) : null;
      if (stat === null || !hasEnded(stat)) continue;
      // From the zombie upwards: there are few of them, and many processes.
      const instance = this.#instanceAbove(stat, heart, ownerOf);
      if (!instance) continue;
      const key = `${stat.pid} ${stat.startTime}`;
      seen.add(key);
      if (this.#known.has(key)) continue;
      const zombie = {worker: instance.worker, instance: instance.number, pid: stat.pid, ppid: stat.ppid};
      this.#known.set(key, zombie);
      const parent = readStat(stat.ppid)?.comm ?? null;
      events.push({type: 'zombie-found', ...zombie, parent, name: stat.comm, exit: endOfStatus(stat.exitStatus)});
    }
    for (const [key, zombie] of this.#known) {
      if (seen.has(key)) continue;
      this.#known.delete(key);
      events.push({type: 'zombie-gone', ...zombie});
    }
    return events;
  }

  #instanceAbove(zombie: Stat, heart: Heart, ownerOf: (pid: number) => string | null): Instance | undefined {
    const seen = new Set<number>();
    for (let at = zombie.ppid; at > 1 && !seen.has(at); at = readStat(at)?.ppid ?? 0) {
      seen.add(at);
      const id = ownerOf(at);
      if (id !== null) return heart.get(id);
    }
    return undefined;
  }
}
