/** A simulated machine with any number of processes, and `brood top` for it without a terminal. */
import {readDetails} from '../../src/process/proc-details.ts';
import type {Rows} from '../../src/process/rows.ts';
import {Snapshot} from '../../src/process/snapshot.ts';
import type {Details, ProcessSource} from '../../src/process/source.ts';
import {App} from '../../ui/app.ts';
import type {AppHost} from '../../ui/shell.ts';
import {World, type Surroundings} from '../../ui/data/world.ts';
import type {Fleet} from '../../ui/data/fleet-feed.ts';
import {glyphsOf} from '../../ui/screen/glyphs.ts';

const SLEEPING = 'S'.charCodeAt(0);
const RUNNING = 'R'.charCodeAt(0);
/** Process p is the parent of 10 p to 10 p + 9. */
const CHILDREN = 10;
const FIRST_PID = 1;

export interface CrowdOptions {
  readonly count: number;
  /** Whether details are read from real files, at the cost of a real process. */
  readonly real?: boolean;
}

export class Crowd implements ProcessSource {
  readonly #options: CrowdOptions;
  /** Number of reads of details. */
  detailsRead = 0;
  /** Pids of ended processes. */
  readonly gone = new Set<number>();
  /** Pids reused by another process. */
  readonly again = new Set<number>();
  #reading = 0;

  constructor(options: CrowdOptions) {
    this.#options = options;
  }

  read(rows: Rows): void {
    rows.begin();
    this.#reading++;
    for (let pid = FIRST_PID; pid < FIRST_PID + this.#options.count; pid++)
      if (!this.gone.has(pid)) this.#store(rows, pid);
    rows.removeUnseen(() => undefined);
  }

  details(rows: Rows, row: number): Details {
    this.detailsRead++;
    if (this.#options.real === true) return readDetails('/proc/self');
    const pid = rows.pid[row] ?? 0;
    return {command: `/usr/bin/program-${pid} --number ${pid}`, uid: pid % 3, lockedBytes: 0, cgroup: null};
  }

  pss(): null {
    return null;
  }

  startedAt(startTime: number): number {
    return startTime;
  }

  identity(startTime: number): string {
    return String(startTime);
  }

  close(): void {
    this.gone.clear();
  }

  /** Three processes of ten are busy, others at each reading. */
  #store(rows: Rows, pid: number): void {
    const start = 1000 + pid + (this.again.has(pid) ? this.#options.count : 0);
    let found = rows.find(pid);
    if (found >= 0 && rows.startTime[found] !== start) {
      rows.remove(found);
      found = -1;
    }
    const row = found < 0 ? rows.add(pid) : found;
    const busy = (pid + this.#reading) % 10 < 3;
    rows.ppid[row] = Math.floor(pid / CHILDREN);
    rows.pgid[row] = rows.sid[row] = pid;
    rows.terminal[row] = rows.flags[row] = rows.policy[row] = rows.nice[row] = 0;
    rows.foreground[row] = -1;
    rows.state[row] = busy ? RUNNING : SLEEPING;
    rows.priority[row] = 20;
    rows.threads[row] = 1 + (pid % 4);
    rows.startTime[row] = start;
    rows.cpuTicks[row] = this.#reading;
    rows.cpuPercent[row] = busy ? (pid * 7 + this.#reading * 13) % 100 : 0;
    rows.rssBytes[row] = 4096 * (pid % 1000);
    if (found < 0) rows.setNameText(row, `program-${pid}`);
    rows.keep(row);
  }
}

export interface Seated {
  readonly app: App;
  readonly world: World;
  /** Makes a reading, and applies its changes. */
  readonly refresh: () => Promise<void>;
}

/** Returns `brood top` without a terminal; the machine has no files. */
export function seat(
  source: ProcessSource,
  fleet: Fleet | null = null,
  surroundings: Partial<Surroundings> = {},
): Seated {
  const world = new World(new Snapshot(source), fleet, surroundings);
  const host: AppHost = {
    glyphs: glyphsOf({LANG: 'C.UTF-8'}),
    readOnly: false,
    mouse: false,
    changed: () => undefined,
    quit: () => undefined,
    save: () => '',
  };
  const app = new App(world, host);
  const refresh = async (): Promise<void> => {
    await world.refresh();
    app.refreshed();
  };
  return {app, world, refresh};
}
